"""The only rooms that know Pulumi: they turn its calls into calls of the kernel, and back."""
