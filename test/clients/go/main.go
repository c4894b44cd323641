// Drives a Strongroom server through the Go client of Vault, as its users do. The test builds it a second time against
// OpenBao's client, whose package has the same shape: the import path is all that differs.
// Reads VAULT_ADDR and VAULT_TOKEN; prints a line a check; exits 1 where one failed.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/vault/api"
)

var ctx = context.Background()

type check struct {
	name string
	run  func(root *api.Client) error
}

var checks = []check{
	{"system", system},
	{"mounts", mounts},
	{"policies", policies},
	{"kv v1", kvOne},
	{"kv v2", kvTwo},
	{"kv v2 patch", kvPatch},
	{"kv v2 metadata", kvMetadata},
	{"approle", appRole},
	{"userpass", userPass},
	{"tokens", tokens},
	{"renewal", renewal},
	{"wrapping", wrapping},
	{"leases", leases},
	{"identity", identity},
	{"namespaces", namespaces},
	{"audit", audit},
	{"seal", seal},
	{"errors", failures},
}

func main() {
	failed := 0
	for _, one := range checks {
		root, err := api.NewClient(nil)
		if err == nil {
			err = one.run(root)
		}
		if err != nil {
			failed++
			fmt.Printf("FAIL %s: %v\n", one.name, err)
			continue
		}
		fmt.Printf("ok %s\n", one.name)
	}
	fmt.Printf("%d passed, %d failed\n", len(checks)-failed, failed)
	if failed > 0 {
		os.Exit(1)
	}
}

// Stops at the first error of several steps.
func steps(all ...func() error) error {
	for index, one := range all {
		if err := one(); err != nil {
			return fmt.Errorf("step %d: %w", index+1, err)
		}
	}
	return nil
}

func equal(what string, got, want any) error {
	if reflect.DeepEqual(got, want) || fmt.Sprint(got) == fmt.Sprint(want) {
		return nil
	}
	return fmt.Errorf("%s: got %v, want %v", what, got, want)
}

func status(err error, want int) error {
	var response *api.ResponseError
	if !errors.As(err, &response) {
		return fmt.Errorf("expected an answer of %d, got %v", want, err)
	}
	return equal("status", response.StatusCode, want)
}

// A client of its own with another token.
func with(client *api.Client, token string) *api.Client {
	clone, err := client.Clone()
	if err != nil {
		panic(err)
	}
	clone.SetToken(token)
	return clone
}

func system(root *api.Client) error {
	health, err := root.Sys().Health()
	if err != nil {
		return err
	}
	sealed, err := root.Sys().SealStatus()
	if err != nil {
		return err
	}
	leader, err := root.Sys().Leader()
	if err != nil {
		return err
	}
	initialized, err := root.Sys().InitStatus()
	if err != nil {
		return err
	}
	key, err := root.Sys().KeyStatus()
	if err != nil {
		return err
	}
	if err := root.Sys().Rotate(); err != nil {
		return err
	}
	rotated, err := root.Sys().KeyStatus()
	if err != nil {
		return err
	}
	return errors.Join(
		equal("initialized", health.Initialized && initialized, true),
		equal("sealed", health.Sealed || sealed.Sealed, false),
		equal("version", health.Version != "", true),
		equal("cluster", health.ClusterID, sealed.ClusterID),
		equal("leader", leader.IsSelf || !leader.HAEnabled, true),
		equal("term after rotation", rotated.Term, key.Term+1),
	)
}

func mounts(root *api.Client) error {
	const path = "go-mount"
	err := root.Sys().Mount(path, &api.MountInput{Type: "kv", Description: "by the Go client", Options: map[string]string{"version": "2"}, Config: api.MountConfigInput{DefaultLeaseTTL: "30m", MaxLeaseTTL: "1h"}})
	if err != nil {
		return err
	}
	listed, err := root.Sys().ListMounts()
	if err != nil {
		return err
	}
	mount, there := listed[path+"/"]
	if !there {
		return fmt.Errorf("the mount is not listed: %v", listed)
	}
	description := "tuned"
	if err := root.Sys().TuneMount(path, api.MountConfigInput{DefaultLeaseTTL: "20m", Description: &description}); err != nil {
		return err
	}
	tuned, err := root.Sys().MountConfig(path)
	if err != nil {
		return err
	}
	if err := root.Sys().Remount(path, path+"-moved"); err != nil {
		return err
	}
	if _, err := root.Sys().MountConfig(path); err == nil {
		return errors.New("the old path is still there")
	}
	return errors.Join(
		equal("type", mount.Type, "kv"), equal("options", mount.Options["version"], "2"), equal("default ttl", mount.Config.DefaultLeaseTTL, 1800), equal("uuid", mount.UUID != "", true),
		equal("tuned ttl", tuned.DefaultLeaseTTL, 1200), equal("max ttl", tuned.MaxLeaseTTL, 3600),
		root.Sys().Unmount(path+"-moved"),
	)
}

func policies(root *api.Client) error {
	const text = `path "secret/data/go/*" { capabilities = ["create", "read", "update", "patch", "delete", "list"] }`
	if err := root.Sys().PutPolicy("go-policy", text); err != nil {
		return err
	}
	read, err := root.Sys().GetPolicy("go-policy")
	if err != nil {
		return err
	}
	names, err := root.Sys().ListPolicies()
	if err != nil {
		return err
	}
	absent, err := root.Sys().GetPolicy("no-such-policy")
	if err != nil {
		return err
	}
	secret, err := root.Auth().Token().Create(&api.TokenCreateRequest{Policies: []string{"go-policy"}, TTL: "5m"})
	if err != nil {
		return err
	}
	capabilities, err := root.Sys().Capabilities(secret.Auth.ClientToken, "secret/data/go/x")
	if err != nil {
		return err
	}
	own, err := with(root, secret.Auth.ClientToken).Sys().CapabilitiesSelf("secret/data/other")
	if err != nil {
		return err
	}
	slices.Sort(capabilities)
	return errors.Join(
		equal("text", read, text), equal("listed", slices.Contains(names, "go-policy"), true), equal("absent", absent, ""),
		equal("capabilities", capabilities, []string{"create", "delete", "list", "patch", "read", "update"}), equal("elsewhere", own, []string{"deny"}),
	)
}

func kvOne(root *api.Client) error {
	if err := root.Sys().Mount("go-kv1", &api.MountInput{Type: "kv", Options: map[string]string{"version": "1"}}); err != nil {
		return err
	}
	defer root.Sys().Unmount("go-kv1")
	store := root.KVv1("go-kv1")
	return steps(
		func() error { return store.Put(ctx, "a/b", map[string]any{"name": "value", "number": 3}) },
		func() error {
			read, err := store.Get(ctx, "a/b")
			if err != nil {
				return err
			}
			return errors.Join(equal("name", read.Data["name"], "value"), equal("number", read.Data["number"], 3))
		},
		func() error {
			listed, err := root.Logical().List("go-kv1/a")
			if err != nil {
				return err
			}
			return equal("keys", listed.Data["keys"], []any{"b"})
		},
		func() error { return store.Delete(ctx, "a/b") },
		func() error {
			_, err := store.Get(ctx, "a/b")
			return equal("gone", errors.Is(err, api.ErrSecretNotFound), true)
		},
	)
}

func kvTwo(root *api.Client) error {
	store := root.KVv2("secret")
	written, err := store.Put(ctx, "go/one", map[string]any{"a": "1"})
	if err != nil {
		return err
	}
	if _, err := store.Put(ctx, "go/one", map[string]any{"a": "2"}, api.WithCheckAndSet(written.VersionMetadata.Version)); err != nil {
		return err
	}
	_, mismatch := store.Put(ctx, "go/one", map[string]any{"a": "3"}, api.WithCheckAndSet(written.VersionMetadata.Version))
	latest, err := store.Get(ctx, "go/one")
	if err != nil {
		return err
	}
	first, err := store.GetVersion(ctx, "go/one", written.VersionMetadata.Version)
	if err != nil {
		return err
	}
	rolled, err := store.Rollback(ctx, "go/one", written.VersionMetadata.Version)
	if err != nil {
		return err
	}
	versions, err := store.GetVersionsAsList(ctx, "go/one")
	if err != nil {
		return err
	}
	if err := store.Delete(ctx, "go/one"); err != nil {
		return err
	}
	deleted, err := store.Get(ctx, "go/one")
	if err != nil {
		return fmt.Errorf("a deleted version answers with its metadata: %w", err)
	}
	return errors.Join(
		status(mismatch, http.StatusBadRequest),
		equal("latest", latest.Data["a"], "2"), equal("first", first.Data["a"], "1"), equal("created", first.VersionMetadata.CreatedTime.IsZero(), false),
		equal("rolled back", rolled.VersionMetadata.Version, latest.VersionMetadata.Version+1), equal("versions", len(versions), rolled.VersionMetadata.Version),
		equal("deleted", deleted.Data == nil && !deleted.VersionMetadata.DeletionTime.IsZero(), true),
		store.Undelete(ctx, "go/one", []int{rolled.VersionMetadata.Version}),
		store.Destroy(ctx, "go/one", []int{1}),
		store.DeleteVersions(ctx, "go/one", []int{2}),
		store.DeleteMetadata(ctx, "go/one"),
	)
}

func kvPatch(root *api.Client) error {
	store := root.KVv2("secret")
	if _, err := store.Put(ctx, "go/patched", map[string]any{"kept": "k", "changed": "old", "gone": "g"}); err != nil {
		return err
	}
	for _, method := range []string{"patch", "rw"} {
		if _, err := store.Patch(ctx, "go/patched", map[string]any{"changed": method, "gone": nil}, api.WithMergeMethod(method)); err != nil {
			return fmt.Errorf("%s: %w", method, err)
		}
		read, err := store.Get(ctx, "go/patched")
		if err != nil {
			return err
		}
		if err := errors.Join(equal("kept", read.Data["kept"], "k"), equal("changed", read.Data["changed"], method)); err != nil {
			return err
		}
	}
	_, absent := store.Patch(ctx, "go/nowhere", map[string]any{"a": "b"})
	return equal("an absent secret", errors.Is(absent, api.ErrSecretNotFound), true)
}

func kvMetadata(root *api.Client) error {
	store := root.KVv2("secret")
	owner := map[string]any{"owner": "platform", "kind": "static"}
	err := store.PutMetadata(ctx, "go/described", api.KVMetadataPutInput{CASRequired: true, MaxVersions: 3, DeleteVersionAfter: time.Hour, CustomMetadata: owner})
	if err != nil {
		return err
	}
	if _, err := store.Put(ctx, "go/described", map[string]any{"a": "1"}); err == nil {
		return errors.New("a write without check-and-set was taken")
	}
	if _, err := store.Put(ctx, "go/described", map[string]any{"a": "1"}, api.WithCheckAndSet(0)); err != nil {
		return err
	}
	limit := 5
	if err := store.PatchMetadata(ctx, "go/described", api.KVMetadataPatchInput{MaxVersions: &limit, CustomMetadata: map[string]any{"kind": nil, "team": "core"}}); err != nil {
		return err
	}
	read, err := store.GetMetadata(ctx, "go/described")
	if err != nil {
		return err
	}
	secret, err := store.Get(ctx, "go/described")
	if err != nil {
		return err
	}
	wanted := map[string]any{"owner": "platform", "team": "core"}
	return errors.Join(
		equal("max_versions", read.MaxVersions, 5), equal("cas_required", read.CASRequired, true), equal("delete_version_after", read.DeleteVersionAfter, time.Hour),
		equal("custom_metadata", read.CustomMetadata, wanted), equal("with the secret", secret.CustomMetadata, wanted), equal("versions", len(read.Versions), 1),
	)
}

func appRole(root *api.Client) error {
	if err := root.Sys().EnableAuthWithOptions("go-approle", &api.EnableAuthOptions{Type: "approle"}); err != nil {
		return err
	}
	defer root.Sys().DisableAuth("go-approle")
	if _, err := root.Logical().Write("auth/go-approle/role/app", map[string]any{"token_policies": "go-policy", "token_ttl": "10m", "secret_id_num_uses": 1}); err != nil {
		return err
	}
	role, err := root.Logical().Read("auth/go-approle/role/app/role-id")
	if err != nil {
		return err
	}
	wrapped := with(root, root.Token())
	wrapped.SetWrappingLookupFunc(func(string, string) string { return "1m" })
	delivered, err := wrapped.Logical().Write("auth/go-approle/role/app/secret-id", nil)
	if err != nil {
		return err
	}
	if delivered.WrapInfo == nil {
		return errors.New("the secret id did not come wrapped")
	}
	secret, err := with(root, "").Logical().Unwrap(delivered.WrapInfo.Token)
	if err != nil {
		return err
	}
	login := map[string]any{"role_id": role.Data["role_id"], "secret_id": secret.Data["secret_id"]}
	session, err := with(root, "").Logical().Write("auth/go-approle/login", login)
	if err != nil {
		return err
	}
	_, again := with(root, "").Logical().Write("auth/go-approle/login", login)
	ttl, err := session.TokenTTL()
	if err != nil {
		return err
	}
	return errors.Join(equal("policies", session.Auth.Policies, []string{"default", "go-policy"}), equal("ttl", ttl, 10*time.Minute), status(again, http.StatusBadRequest))
}

func userPass(root *api.Client) error {
	if err := root.Sys().EnableAuthWithOptions("go-userpass", &api.EnableAuthOptions{Type: "userpass"}); err != nil {
		return err
	}
	defer root.Sys().DisableAuth("go-userpass")
	if _, err := root.Logical().Write("auth/go-userpass/users/ada", map[string]any{"password": "correct horse", "token_policies": []string{"go-policy"}}); err != nil {
		return err
	}
	anyone := with(root, "")
	session, err := anyone.Logical().Write("auth/go-userpass/login/ada", map[string]any{"password": "correct horse"})
	if err != nil {
		return err
	}
	_, wrong := anyone.Logical().Write("auth/go-userpass/login/ada", map[string]any{"password": "wrong"})
	auths, err := root.Sys().ListAuth()
	if err != nil {
		return err
	}
	return errors.Join(equal("metadata", session.Auth.Metadata, map[string]string{"username": "ada"}), status(wrong, http.StatusBadRequest), equal("listed", auths["go-userpass/"].Type, "userpass"))
}

func tokens(root *api.Client) error {
	made, err := root.Auth().Token().Create(&api.TokenCreateRequest{Policies: []string{"go-policy"}, TTL: "1h", ExplicitMaxTTL: "2h", DisplayName: "go", Metadata: map[string]string{"team": "core"}, NumUses: 5})
	if err != nil {
		return err
	}
	looked, err := root.Auth().Token().Lookup(made.Auth.ClientToken)
	if err != nil {
		return err
	}
	own, err := with(root, made.Auth.ClientToken).Auth().Token().LookupSelf()
	if err != nil {
		return err
	}
	accessor, err := made.TokenAccessor()
	if err != nil {
		return err
	}
	if _, err := root.Auth().Token().LookupAccessor(accessor); err != nil {
		return err
	}
	names, err := looked.TokenPolicies()
	if err != nil {
		return err
	}
	ttl, err := own.TokenTTL()
	if err != nil {
		return err
	}
	renewable, err := own.TokenIsRenewable()
	if err != nil {
		return err
	}
	meta, err := own.TokenMetadata()
	if err != nil {
		return err
	}
	if err := root.Auth().Token().RevokeAccessor(accessor); err != nil {
		return err
	}
	_, gone := root.Auth().Token().Lookup(made.Auth.ClientToken)
	return errors.Join(
		equal("policies", names, []string{"default", "go-policy"}), equal("ttl", ttl > 59*time.Minute && ttl <= time.Hour, true), equal("renewable", renewable, true), equal("metadata", meta, map[string]string{"team": "core"}),
		equal("type", own.Data["type"], "service"), equal("expire_time", strings.HasPrefix(fmt.Sprint(own.Data["expire_time"]), "20"), true), equal("display name", own.Data["display_name"], "token-go"),
		status(gone, http.StatusForbidden),
	)
}

func renewal(root *api.Client) error {
	made, err := root.Auth().Token().Create(&api.TokenCreateRequest{Policies: []string{"default"}, TTL: "3s", ExplicitMaxTTL: "1h"})
	if err != nil {
		return err
	}
	watcher, err := with(root, made.Auth.ClientToken).NewLifetimeWatcher(&api.LifetimeWatcherInput{Secret: made, Increment: 3})
	if err != nil {
		return err
	}
	go watcher.Start()
	defer watcher.Stop()
	for range 2 {
		select {
		case err := <-watcher.DoneCh():
			return fmt.Errorf("renewal ended: %w", err)
		case renewed := <-watcher.RenewCh():
			if err := equal("the same token", renewed.Secret.Auth.ClientToken, made.Auth.ClientToken); err != nil {
				return err
			}
		case <-time.After(time.Minute):
			return errors.New("no renewal within a minute")
		}
	}
	return nil
}

func wrapping(root *api.Client) error {
	wrapped, err := root.Logical().Write("sys/wrapping/wrap", map[string]any{"password": "p"})
	if err != nil {
		return err
	}
	looked, err := root.Logical().Write("sys/wrapping/lookup", map[string]any{"token": wrapped.WrapInfo.Token})
	if err != nil {
		return err
	}
	opened, err := with(root, wrapped.WrapInfo.Token).Logical().Unwrap("")
	if err != nil {
		return err
	}
	_, again := root.Logical().Unwrap(wrapped.WrapInfo.Token)
	return errors.Join(equal("creation path", looked.Data["creation_path"], "sys/wrapping/wrap"), equal("opened", opened.Data["password"], "p"), status(again, http.StatusBadRequest))
}

func leases(root *api.Client) error {
	made, err := root.Auth().Token().Create(&api.TokenCreateRequest{Policies: []string{"default"}, TTL: "1h"})
	if err != nil {
		return err
	}
	listed, err := root.Logical().List("sys/leases/lookup/auth/token/create")
	if err != nil {
		return err
	}
	if listed == nil {
		return errors.New("no lease is listed")
	}
	keys := listed.Data["keys"].([]any)
	lease, err := root.Sys().Lookup(fmt.Sprint("auth/token/create/", keys[0]))
	if err != nil {
		return err
	}
	_, absent := root.Sys().Renew("no/such/lease", 10)
	return errors.Join(equal("lease", lease.Data["renewable"], true), status(absent, http.StatusBadRequest), root.Auth().Token().RevokeTree(made.Auth.ClientToken), root.Sys().RevokePrefix("auth/go-none/"))
}

func identity(root *api.Client) error {
	entity, err := root.Logical().Write("identity/entity", map[string]any{"name": "go-entity", "metadata": map[string]string{"team": "core"}, "policies": []string{"go-policy"}})
	if err != nil {
		return err
	}
	group, err := root.Logical().Write("identity/group", map[string]any{"name": "go-group", "member_entity_ids": []any{entity.Data["id"]}})
	if err != nil {
		return err
	}
	read, err := root.Logical().Read(fmt.Sprint("identity/entity/id/", entity.Data["id"]))
	if err != nil {
		return err
	}
	return errors.Join(equal("groups", read.Data["group_ids"], []any{group.Data["id"]}), equal("policies", read.Data["policies"], []any{"go-policy"}))
}

func namespaces(root *api.Client) error {
	if _, err := root.Logical().Write("sys/namespaces/go-team", nil); err != nil {
		return err
	}
	inside := root.WithNamespace("go-team")
	if err := inside.Sys().Mount("kv", &api.MountInput{Type: "kv-v2"}); err != nil {
		return err
	}
	if _, err := inside.KVv2("kv").Put(ctx, "a", map[string]any{"b": "c"}); err != nil {
		return err
	}
	outside, err := root.Logical().Read("kv/data/a")
	if outside != nil {
		return errors.New("a secret of a namespace is seen outside it")
	}
	read, err := root.Logical().Read("go-team/kv/data/a")
	if err != nil {
		return err
	}
	return equal("by its full path", read.Data["data"], map[string]any{"b": "c"})
}

func audit(root *api.Client) error {
	if err := root.Sys().EnableAuditWithOptions("go-audit", &api.EnableAuditOptions{Type: "file", Options: map[string]string{"file_path": "stdout"}}); err != nil {
		return err
	}
	devices, err := root.Sys().ListAudit()
	if err != nil {
		return err
	}
	hash, err := root.Sys().AuditHash("go-audit", "value")
	if err != nil {
		return err
	}
	return errors.Join(equal("listed", devices["go-audit/"].Type, "file"), equal("hash", strings.HasPrefix(hash, "hmac-sha256:"), true), root.Sys().DisableAudit("go-audit"))
}

func seal(root *api.Client) error {
	started, err := root.Sys().RekeyInit(&api.RekeyInitRequest{SecretShares: 3, SecretThreshold: 2})
	if err != nil {
		return err
	}
	going, err := root.Sys().RekeyStatus()
	if err != nil {
		return err
	}
	generating, err := root.Sys().GenerateRootStatus()
	if err != nil {
		return err
	}
	config, err := root.Logical().Read("sys/internal/ui/mounts/secret")
	if err != nil {
		return err
	}
	return errors.Join(equal("nonce", going.Nonce, started.Nonce), equal("shares", going.N, 3), equal("generating", generating.Started, false), equal("mount", config.Data["type"], "kv"), root.Sys().RekeyCancel())
}

func failures(root *api.Client) error {
	_, unknown := root.Logical().Write("no/such/mount", map[string]any{"a": "b"})
	_, stranger := with(root, "hvs.unknown").Logical().Read("secret/data/a")
	nothing, err := root.Logical().Read("secret/data/no-such-secret")
	if err != nil {
		return err
	}
	listed, err := root.Logical().List("secret/metadata/no-such-folder")
	if err != nil {
		return err
	}
	return errors.Join(status(unknown, http.StatusNotFound), status(stranger, http.StatusForbidden), equal("an absent secret", nothing == nil, true), equal("an absent folder", listed == nil, true))
}
