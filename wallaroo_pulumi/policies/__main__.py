"""The process that the Pulumi engine starts for the policy pack."""

from wallaroo_pulumi.policies.pack import serve
from wallaroo_pulumi.policies.rules import RULES

if __name__ == "__main__":
    serve("wallaroo", RULES)
