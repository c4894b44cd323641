module strongroom.test/clients

go 1.24
