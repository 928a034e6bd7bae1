"""What the Pulumi engine starts."""

from wallaroo_pulumi.policies.pack import serve
from wallaroo_pulumi.policies.rules import RULES

if __name__ == "__main__":
    serve("wallaroo", RULES)
