// Package steps holds what the controller of External Secrets Operator does with every provider alike: each step asks, and
// says what was wrong with the answer. The secret app/db, with user ada and nested.port 5432, is labelled team=core.
package steps

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	extensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	eso "github.com/external-secrets/external-secrets/apis/externalsecrets/v1beta1"
)

var ctx = context.Background()

type ref = eso.ExternalSecretDataRemoteRef

// Push says what of a secret of the cluster goes where; Metadata is JSON, or nothing.
type Push struct{ Key, Remote, Property, Metadata string }

func (p Push) GetSecretKey() string { return p.Key }
func (p Push) GetRemoteKey() string { return p.Remote }
func (p Push) GetProperty() string  { return p.Property }

func (p Push) GetMetadata() *extensions.JSON {
	if p.Metadata == "" {
		return nil
	}
	return &extensions.JSON{Raw: []byte(p.Metadata)}
}

// Ready: the store can be used.
func Ready(client eso.SecretsClient) error {
	if result, err := client.Validate(); err != nil || result != eso.ValidationResultReady {
		return fmt.Errorf("validate: %v %w", result, err)
	}
	return nil
}

// Read: app/db is read whole and in part; app/none is not there.
func Read(client eso.SecretsClient) error {
	whole, err := client.GetSecretMap(ctx, ref{Key: "app/db"})
	if err != nil {
		return err
	}
	user, err := client.GetSecret(ctx, ref{Key: "app/db", Property: "user"})
	if err != nil {
		return err
	}
	port, err := client.GetSecret(ctx, ref{Key: "app/db", Property: "nested.port"})
	if err != nil {
		return err
	}
	absent := Absent(client, "app/none")
	if string(whole["user"]) != "ada" || string(user) != "ada" || string(port) != "5432" || absent != nil {
		return fmt.Errorf("read %q, %q, %q, absent: %v", whole["user"], user, port, absent)
	}
	return nil
}

// Find: app/db shows its label, and is found by its name and by its label.
func Find(client eso.SecretsClient) error {
	labels, err := client.GetSecretMap(ctx, ref{Key: "app/db", MetadataPolicy: eso.ExternalSecretMetadataPolicyFetch})
	if err != nil {
		return err
	}
	folder := "app/"
	found, err := client.GetAllSecrets(ctx, eso.ExternalSecretFind{Path: &folder, Name: &eso.FindName{RegExp: "db$"}})
	if err != nil {
		return err
	}
	tagged, err := client.GetAllSecrets(ctx, eso.ExternalSecretFind{Tags: map[string]string{"team": "core"}})
	if err != nil {
		return err
	}
	if string(labels["team"]) != "core" || len(found) != 1 || len(tagged) != 1 {
		return fmt.Errorf("labels %v, found %d, tagged %d", labels, len(found), len(tagged))
	}
	return nil
}

// Write: what is pushed reads back.
func Write(client eso.SecretsClient, where Push, value string) error {
	secret := &corev1.Secret{Data: map[string][]byte{where.Key: []byte(value)}}
	if err := client.PushSecret(ctx, secret, where); err != nil {
		return fmt.Errorf("push: %w", err)
	}
	back, err := client.GetSecret(ctx, ref{Key: where.Remote, Property: where.Property})
	if err != nil || string(back) != value {
		return fmt.Errorf("pushed %s, read %s: %w", value, back, err)
	}
	return nil
}

// Delete: what was pushed is gone afterwards.
func Delete(client eso.SecretsClient, where Push) error {
	if err := client.DeleteSecret(ctx, where); err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	return Absent(client, where.Remote)
}

// Absent: there is no such secret, and the provider says so.
func Absent(client eso.SecretsClient, key string) error {
	if _, err := client.GetSecret(ctx, ref{Key: key}); !errors.Is(err, eso.NoSecretErr) {
		return fmt.Errorf("%s is there: %v", key, err)
	}
	return nil
}
