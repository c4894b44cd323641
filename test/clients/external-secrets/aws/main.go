// Drives a Strongroom server through the AWS provider of External Secrets Operator, as its controller does: stores with
// static keys, with a role assumed with them and with the token of a service account; secrets and parameters read whole,
// in part and by search, pushed and deleted.
// Reads VAULT_ADDR, VAULT_TOKEN and HOME (a folder of its own); prints a line a check; exits 1 where one failed.
package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kube "sigs.k8s.io/controller-runtime/pkg/client"

	eso "github.com/external-secrets/external-secrets/apis/externalsecrets/v1beta1"
	meta "github.com/external-secrets/external-secrets/apis/meta/v1"
	"github.com/external-secrets/external-secrets/pkg/provider/aws"

	"strongroom.test/external-secrets/steps"
)

const (
	region = "eu-central-1"
	issuer = "https://kubernetes.test"
	role   = "arn:aws:iam::123456789012:role/eso"
)

var ctx = context.Background()

// The cluster: the secret that holds static keys, and a service account that stands for a role.
type cluster struct {
	kube.Client
	keys map[string][]byte
}

func (c cluster) Get(_ context.Context, key kube.ObjectKey, object kube.Object, _ ...kube.GetOption) error {
	switch found := object.(type) {
	case *corev1.Secret:
		*found = corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: key.Name, Namespace: key.Namespace}, Data: c.keys}
	case *corev1.ServiceAccount:
		*found = corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: key.Name, Namespace: key.Namespace, Annotations: map[string]string{"eks.amazonaws.com/role-arn": role}}}
	default:
		return fmt.Errorf("the cluster has no %s", key.Name)
	}
	return nil
}

// A request to the server as its administrator; the `data` of the answer.
func vault(method, path string, body any) (map[string]any, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequest(method, os.Getenv("VAULT_ADDR")+"/v1/"+path, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	request.Header.Set("X-Vault-Token", os.Getenv("VAULT_TOKEN"))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= 300 {
		return nil, fmt.Errorf("%s: %d %s %w", path, response.StatusCode, answer, err)
	}
	var parsed struct{ Data map[string]any }
	if len(answer) > 0 {
		err = json.Unmarshal(answer, &parsed)
	}
	return parsed.Data, err
}

var encode = base64.RawURLEncoding.EncodeToString

// Signs a token as Kubernetes does for a service account.
func token(key *ecdsa.PrivateKey, subject, audience string) string {
	part := func(value map[string]any) string {
		text, _ := json.Marshal(value)
		return encode(text)
	}
	now := time.Now().Unix()
	text := part(map[string]any{"alg": "ES256", "kid": "one"}) + "." + part(map[string]any{"iss": issuer, "sub": subject, "aud": []string{audience}, "iat": now, "exp": now + 600})
	digest := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
	if err != nil {
		panic(err)
	}
	return text + "." + encode(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...))
}

// A cluster's API that gives tokens of service accounts, and KUBECONFIG for it.
func serveCluster(key *ecdsa.PrivateKey) error {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var name string
		if _, err := fmt.Sscanf(r.URL.Path, "/api/v1/namespaces/default/serviceaccounts/%s", &name); err != nil || filepath.Base(name) != "token" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		given := token(key, "system:serviceaccount:default:"+filepath.Dir(name), "sts.amazonaws.com")
		_ = json.NewEncoder(w).Encode(map[string]any{"kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1", "status": map[string]any{"token": given}})
	}))
	config := map[string]any{
		"apiVersion": "v1", "kind": "Config", "current-context": "test",
		"contexts": []any{map[string]any{"name": "test", "context": map[string]any{"cluster": "test", "user": "test"}}},
		"clusters": []any{map[string]any{"name": "test", "cluster": map[string]any{"server": server.URL}}},
		"users":    []any{map[string]any{"name": "test", "user": map[string]any{}}},
	}
	text, err := json.Marshal(config)
	if err != nil {
		return err
	}
	file := filepath.Join(os.Getenv("HOME"), "kubeconfig-aws")
	os.Setenv("KUBECONFIG", file)
	return os.WriteFile(file, text, 0o600)
}

// Policies, an issuer, roles, static keys and a first secret and parameter.
func prepare() (map[string][]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	jwk := map[string]any{"kty": "EC", "crv": "P-256", "kid": "one", "x": encode(key.X.FillBytes(make([]byte, 32))), "y": encode(key.Y.FillBytes(make([]byte, 32)))}
	rules := `path "secret/*" { capabilities = ["create", "read", "update", "patch", "delete", "list", "scan"] }
path "parameter/*" { capabilities = ["create", "read", "update", "patch", "delete", "list", "scan"] }`
	if err := serveCluster(key); err != nil {
		return nil, err
	}
	steps := []struct {
		path string
		body any
	}{
		{"sys/policies/acl/eso", map[string]any{"policy": rules}},
		{"sys/policies/acl/eso-assume", map[string]any{"policy": `path "auth/aws/assume/eso" { capabilities = ["update", "create"] }`}},
		{"auth/aws/config/issuer/kubernetes", map[string]any{"issuer": issuer, "jwks": map[string]any{"keys": []any{jwk}}}},
		{"auth/aws/role/eso", map[string]any{"policies": "eso", "issuer": "kubernetes", "bound_subjects": "system:serviceaccount:default:app", "trusted_arns": "arn:aws:iam::123456789012:user/assumer", "external_id": "outside"}},
		{"secret/data/app/db", map[string]any{"data": map[string]any{"user": "ada", "nested": map[string]any{"port": 5432}}}},
		{"secret/metadata/app/db", map[string]any{"custom_metadata": map[string]string{"team": "core"}}},
	}
	for _, step := range steps {
		if _, err := vault("POST", step.path, step.body); err != nil {
			return nil, err
		}
	}
	keys := map[string][]byte{}
	for name, policy := range map[string]string{"user": "eso", "assumer": "eso-assume"} {
		made, err := vault("POST", "auth/aws/key", map[string]any{"name": name, "policies": policy})
		if err != nil {
			return nil, err
		}
		keys[name+"-id"], keys[name+"-secret"] = []byte(made["access_key"].(string)), []byte(made["secret_key"].(string))
	}
	return keys, nil
}

func static(name string) eso.AWSAuth {
	return eso.AWSAuth{SecretRef: &eso.AWSAuthSecretRef{
		AccessKeyID:     meta.SecretKeySelector{Name: "keys", Key: name + "-id"},
		SecretAccessKey: meta.SecretKeySelector{Name: "keys", Key: name + "-secret"},
	}}
}

func main() {
	keys, err := prepare()
	if err != nil {
		fmt.Println("FAIL prepare:", err)
		os.Exit(1)
	}
	for _, name := range []string{"AWS_SECRETSMANAGER_ENDPOINT", "AWS_SSM_ENDPOINT", "AWS_STS_ENDPOINT"} {
		os.Setenv(name, os.Getenv("VAULT_ADDR"))
	}
	stores := map[string]eso.AWSProvider{
		"keys":    {Auth: static("user")},
		"role":    {Auth: static("assumer"), Role: role, ExternalID: "outside"},
		"account": {Auth: eso.AWSAuth{JWTAuth: &eso.AWSJWTAuth{ServiceAccountRef: &meta.ServiceAccountSelector{Name: "app"}}}},
	}
	passed, failed := 0, 0
	check := func(name string, run func() error) {
		if err := run(); err != nil {
			failed++
			fmt.Printf("FAIL %s: %v\n", name, err)
			return
		}
		passed++
		fmt.Println("ok", name)
	}
	for name, provider := range stores {
		check(name+", Secrets Manager", func() error { return secretsManager(cluster{keys: keys}, name, provider) })
		check(name+", Parameter Store", func() error { return parameterStore(cluster{keys: keys}, name, provider) })
	}
	stranger := eso.AWSProvider{Auth: eso.AWSAuth{JWTAuth: &eso.AWSJWTAuth{ServiceAccountRef: &meta.ServiceAccountSelector{Name: "stranger"}}}}
	check("another account's token", func() error {
		client, err := open(cluster{keys: keys}, "stranger", stranger, eso.AWSServiceSecretsManager)
		if err != nil {
			return err
		}
		if result, err := client.Validate(); err == nil || result == eso.ValidationResultReady {
			return errors.New("was taken")
		}
		return nil
	})
	fmt.Printf("%d passed, %d failed\n", passed, failed)
	if failed > 0 {
		os.Exit(1)
	}
}

func open(cluster cluster, name string, provider eso.AWSProvider, service eso.AWSServiceType) (eso.SecretsClient, error) {
	provider.Service, provider.Region = service, region
	provider.SecretsManager = &eso.SecretsManager{ForceDeleteWithoutRecovery: true}
	store := &eso.SecretStore{
		TypeMeta:   metav1.TypeMeta{Kind: eso.SecretStoreKind},
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default"},
		Spec:       eso.SecretStoreSpec{Provider: &eso.SecretStoreProvider{AWS: &provider}},
	}
	made := &aws.Provider{}
	if _, err := made.ValidateStore(store); err != nil {
		return nil, err
	}
	return made.NewClient(ctx, store, cluster, "default")
}

func secretsManager(cluster cluster, name string, provider eso.AWSProvider) error {
	client, err := open(cluster, name, provider, eso.AWSServiceSecretsManager)
	if err != nil {
		return err
	}
	if err := errors.Join(steps.Ready(client), steps.Read(client), steps.Find(client)); err != nil {
		return err
	}
	for _, format := range []string{"", `{"secretPushFormat":"string"}`} {
		if err := write(cluster, name, provider, steps.Push{Key: "password", Remote: "pushed/" + name, Metadata: format}); err != nil {
			return err
		}
	}
	return write(cluster, name, provider, steps.Push{Key: "password", Remote: "pushed/" + name + "-part", Property: "password", Metadata: `{"secretPushFormat":"string"}`})
}

// Each step with a client of its own, as each reconciliation has: a client remembers what it read.
func write(cluster cluster, name string, provider eso.AWSProvider, where steps.Push) error {
	for _, value := range []string{"first", "second"} {
		client, err := open(cluster, name, provider, eso.AWSServiceSecretsManager)
		if err != nil {
			return err
		}
		if err := steps.Write(client, where, value); err != nil {
			return err
		}
	}
	client, err := open(cluster, name, provider, eso.AWSServiceSecretsManager)
	if err != nil {
		return err
	}
	if there, err := client.SecretExists(ctx, where); err != nil || !there {
		return fmt.Errorf("exists: %v %w", there, err)
	}
	return steps.Delete(client, where)
}

func parameterStore(cluster cluster, name string, provider eso.AWSProvider) error {
	client, err := open(cluster, name, provider, eso.AWSServiceParameterStore)
	if err != nil {
		return err
	}
	if err := steps.Ready(client); err != nil {
		return err
	}
	where := steps.Push{Key: "password", Remote: "/pushed/" + name, Metadata: `{"parameterStoreType":"SecureString"}`}
	for _, value := range []string{`{"password":"first"}`, `{"password":"second"}`} {
		if err := steps.Write(client, where, value); err != nil {
			return err
		}
	}
	part, err := client.GetSecret(ctx, eso.ExternalSecretDataRemoteRef{Key: where.Remote, Property: "password"})
	if err != nil {
		return err
	}
	first, err := client.GetSecret(ctx, eso.ExternalSecretDataRemoteRef{Key: where.Remote, Version: "1"})
	if err != nil {
		return err
	}
	labels, err := client.GetSecretMap(ctx, eso.ExternalSecretDataRemoteRef{Key: where.Remote, MetadataPolicy: eso.ExternalSecretMetadataPolicyFetch})
	if err != nil {
		return err
	}
	found, err := client.GetAllSecrets(ctx, eso.ExternalSecretFind{Name: &eso.FindName{RegExp: "^/pushed/" + name + "$"}})
	if err != nil {
		return err
	}
	tagged, err := client.GetAllSecrets(ctx, eso.ExternalSecretFind{Tags: map[string]string{"managed-by": "external-secrets"}})
	if err != nil {
		return err
	}
	absent := steps.Absent(client, "/pushed/none")
	if string(part) != "second" || string(first) != `{"password":"first"}` || string(labels["managed-by"]) != "external-secrets" || len(found) != 1 || len(tagged) != 1 || absent != nil {
		return fmt.Errorf("part %s, first %s, labels %v, found %d, tagged %d, absent: %v", part, first, labels, len(found), len(tagged), absent)
	}
	return steps.Delete(client, where)
}
