"""The part of the platform's GraphQL API that the vendor's SDK uses."""
