module wallaroo-quickstart-go

go 1.25.11

require (
	example.com/wallaroo-pulumi/sdk/go v0.1.0
	github.com/pulumi/pulumi/sdk/v3 v3.259.0
)

// The SDK is not published: it is unpacked from the archive of a release.
replace example.com/wallaroo-pulumi/sdk/go => ./sdks/wallaroo
