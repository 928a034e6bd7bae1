"""What the provider costs, measured beside a provider that does nothing and one in the style of Pulumi's guide."""
