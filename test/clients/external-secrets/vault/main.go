// Drives a Strongroom server through the Vault provider of External Secrets Operator, as its controller does:
// a store with each kind of login, secrets read whole, in part and by search, secrets pushed and deleted.
// Reads VAULT_ADDR, VAULT_TOKEN and KUBECONFIG (any file: no cluster is asked); prints a line a check; exits 1 where one failed.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/hashicorp/vault/api"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kube "sigs.k8s.io/controller-runtime/pkg/client"

	eso "github.com/external-secrets/external-secrets/apis/externalsecrets/v1beta1"
	meta "github.com/external-secrets/external-secrets/apis/meta/v1"
	"github.com/external-secrets/external-secrets/pkg/provider/vault"

	"strongroom.test/external-secrets/steps"
)

var ctx = context.Background()

// The cluster: secrets that hold what a store logs in with.
type cluster struct {
	kube.Client
	secrets map[string]map[string][]byte
}

func (c cluster) Get(_ context.Context, key kube.ObjectKey, object kube.Object, _ ...kube.GetOption) error {
	data, there := c.secrets[key.Name]
	secret, wanted := object.(*corev1.Secret)
	if !there || !wanted {
		return fmt.Errorf("the cluster has no %s", key.Name)
	}
	*secret = corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: key.Name, Namespace: key.Namespace}, Data: data}
	return nil
}

func ref(name, key string) *meta.SecretKeySelector {
	return &meta.SecretKeySelector{Name: name, Key: key}
}

func main() {
	root, err := api.NewClient(nil)
	if err != nil {
		panic(err)
	}
	secrets, err := prepare(root)
	if err != nil {
		fmt.Println("FAIL prepare:", err)
		os.Exit(1)
	}
	// The provider would take a token of the environment for its own, and revoke it when done.
	os.Unsetenv("VAULT_TOKEN")
	logins := map[string]eso.VaultAuth{
		"token":    {TokenSecretRef: ref("token", "token")},
		"approle":  {AppRole: &eso.VaultAppRole{Path: "approle", RoleRef: ref("approle", "role_id"), SecretRef: *ref("approle", "secret_id")}},
		"userpass": {UserPass: &eso.VaultUserPassAuth{Path: "userpass", Username: "eso", SecretRef: *ref("userpass", "password")}},
	}
	failed := 0
	for name, auth := range logins {
		for _, version := range []eso.VaultKVStoreVersion{eso.VaultKVStoreV1, eso.VaultKVStoreV2} {
			if err := run(cluster{secrets: secrets}, name, auth, version); err != nil {
				failed++
				fmt.Printf("FAIL %s, kv %s: %v\n", name, version, err)
				continue
			}
			fmt.Printf("ok %s, kv %s\n", name, version)
		}
	}
	fmt.Printf("%d passed, %d failed\n", 2*len(logins)-failed, failed)
	if failed > 0 {
		os.Exit(1)
	}
}

// Mounts, logins and a first secret in each store; returns what the cluster's secrets hold.
func prepare(root *api.Client) (map[string]map[string][]byte, error) {
	write := func(path string, data map[string]any) error {
		_, err := root.Logical().Write(path, data)
		return err
	}
	rules := `path "eso-*" { capabilities = ["create", "read", "update", "delete", "list"] }`
	err := errors.Join(
		root.Sys().Mount("eso-1", &api.MountInput{Type: "kv", Options: map[string]string{"version": "1"}}),
		root.Sys().Mount("eso-2", &api.MountInput{Type: "kv", Options: map[string]string{"version": "2"}}),
		root.Sys().PutPolicy("eso", rules),
		root.Sys().EnableAuthWithOptions("approle", &api.EnableAuthOptions{Type: "approle"}),
		root.Sys().EnableAuthWithOptions("userpass", &api.EnableAuthOptions{Type: "userpass"}),
		write("auth/approle/role/eso", map[string]any{"token_policies": "eso"}),
		write("auth/userpass/users/eso", map[string]any{"password": "correct horse", "token_policies": "eso"}),
		write("eso-1/app/db", map[string]any{"user": "ada", "nested": map[string]any{"port": 5432}}),
		write("eso-2/data/app/db", map[string]any{"data": map[string]any{"user": "ada", "nested": map[string]any{"port": 5432}}}),
		write("eso-2/metadata/app/db", map[string]any{"custom_metadata": map[string]string{"team": "core"}}),
	)
	if err != nil {
		return nil, err
	}
	role, err := root.Logical().Read("auth/approle/role/eso/role-id")
	if err != nil {
		return nil, err
	}
	secret, err := root.Logical().Write("auth/approle/role/eso/secret-id", nil)
	if err != nil {
		return nil, err
	}
	token, err := root.Auth().Token().Create(&api.TokenCreateRequest{Policies: []string{"eso"}, TTL: "1h"})
	if err != nil {
		return nil, err
	}
	return map[string]map[string][]byte{
		"approle":  {"role_id": []byte(role.Data["role_id"].(string)), "secret_id": []byte(secret.Data["secret_id"].(string))},
		"userpass": {"password": []byte("correct horse")},
		"token":    {"token": []byte(token.Auth.ClientToken)},
	}, nil
}

func run(cluster cluster, login string, auth eso.VaultAuth, version eso.VaultKVStoreVersion) error {
	mount := map[eso.VaultKVStoreVersion]string{eso.VaultKVStoreV1: "eso-1", eso.VaultKVStoreV2: "eso-2"}[version]
	store := &eso.SecretStore{
		TypeMeta:   metav1.TypeMeta{Kind: eso.SecretStoreKind},
		ObjectMeta: metav1.ObjectMeta{Name: login, Namespace: "default"},
		Spec:       eso.SecretStoreSpec{Provider: &eso.SecretStoreProvider{Vault: &eso.VaultProvider{Server: os.Getenv("VAULT_ADDR"), Path: &mount, Version: version, Auth: auth}}},
	}
	provider := &vault.Provider{NewVaultClient: vault.NewVaultClient}
	if _, err := provider.ValidateStore(store); err != nil {
		return err
	}
	client, err := provider.NewClient(ctx, store, cluster, "default")
	if err != nil {
		return err
	}
	defer client.Close(ctx)
	if err := errors.Join(steps.Ready(client), steps.Read(client)); err != nil {
		return err
	}
	if version == eso.VaultKVStoreV2 {
		if err := steps.Find(client); err != nil {
			return err
		}
	}
	where := steps.Push{Key: "password", Remote: "pushed/" + login, Property: "password"}
	for _, value := range []string{"first", "second"} {
		if err := steps.Write(client, where, value); err != nil {
			return err
		}
	}
	return steps.Delete(client, where)
}
