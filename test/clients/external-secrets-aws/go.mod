module strongroom.test/external-secrets-aws

go 1.23

require github.com/external-secrets/external-secrets v0.10.7
