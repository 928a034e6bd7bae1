"""The kernel: what every resource shares. It knows neither Pulumi nor HTTP, so that a native plugin can use it too."""
