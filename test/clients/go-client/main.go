// A client of an OpenID provider as Go programs are: golang.org/x/oauth2 and github.com/coreos/go-oidc/v3, with all their checks
// on. It says on stdout, one JSON object a line, where a person has to go, and what it got.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

var (
	issuer       = flag.String("issuer", "", "the provider")
	clientID     = flag.String("client-id", "", "who we are there")
	clientSecret = flag.String("client-secret", "", "our secret; none = a public client")
	flow         = flag.String("flow", "code", "code, device, password or client-credentials")
	username     = flag.String("username", "", "for the password flow")
	password     = flag.String("password", "", "for the password flow")
)

func main() {
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	provider, err := oidc.NewProvider(ctx, *issuer)
	if err != nil {
		return err
	}
	client := &client{
		provider: provider,
		config: &oauth2.Config{
			ClientID:     *clientID,
			ClientSecret: *clientSecret,
			Endpoint:     provider.Endpoint(),
			Scopes:       []string{oidc.ScopeOpenID, oidc.ScopeOfflineAccess, "email", "profile", "groups"},
		},
	}
	switch *flow {
	case "code":
		return client.code(ctx)
	case "device":
		return client.device(ctx)
	case "password":
		token, err := client.config.PasswordCredentialsToken(ctx, *username, *password)
		if err != nil {
			return err
		}
		return client.use(ctx, token, "")
	case "client-credentials":
		return client.credentials(ctx)
	}
	return fmt.Errorf("no such flow: %q", *flow)
}

type client struct {
	provider *oidc.Provider
	config   *oauth2.Config
}

// code listens on the loopback, as command line programs do (RFC 8252).
func (c *client) code(ctx context.Context) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	c.config.RedirectURL = fmt.Sprintf("http://localhost:%d/callback", listener.Addr().(*net.TCPAddr).Port)
	state, nonce, verifier := oauth2.GenerateVerifier(), oauth2.GenerateVerifier(), oauth2.GenerateVerifier()
	arrived := make(chan *http.Request, 1)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "You may close this window.")
		arrived <- r
	})}
	go server.Serve(listener)
	defer server.Shutdown(ctx)

	tell(map[string]any{"url": c.config.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier))})
	select {
	case <-ctx.Done():
		return ctx.Err()
	case r := <-arrived:
		if r.FormValue("state") != state {
			return errors.New("another state")
		}
		if r.FormValue("error") != "" {
			return fmt.Errorf("%s: %s", r.FormValue("error"), r.FormValue("error_description"))
		}
		token, err := c.config.Exchange(ctx, r.FormValue("code"), oauth2.VerifierOption(verifier))
		if err != nil {
			return err
		}
		return c.use(ctx, token, nonce)
	}
}

func (c *client) device(ctx context.Context) error {
	codes, err := c.config.DeviceAuth(ctx)
	if err != nil {
		return err
	}
	tell(map[string]any{"url": codes.VerificationURIComplete})
	codes.Interval = 1
	token, err := c.config.DeviceAccessToken(ctx, codes)
	if err != nil {
		return err
	}
	return c.use(ctx, token, "")
}

func (c *client) credentials(ctx context.Context) error {
	config := clientcredentials.Config{
		ClientID:     c.config.ClientID,
		ClientSecret: c.config.ClientSecret,
		TokenURL:     c.config.Endpoint.TokenURL,
		Scopes:       []string{oidc.ScopeOpenID, "profile", "groups"},
	}
	token, err := config.Token(ctx)
	if err != nil {
		return err
	}
	claims, err := c.verify(ctx, token, "")
	if err != nil {
		return err
	}
	tell(map[string]any{"claims": claims})
	return nil
}

// use does what an application does after the login: verify, ask for the user, let the token run out, and go on with a new one.
func (c *client) use(ctx context.Context, token *oauth2.Token, nonce string) error {
	claims, err := c.verify(ctx, token, nonce)
	if err != nil {
		return err
	}
	info, err := c.userInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return err
	}
	if info["sub"] != claims["sub"] {
		return errors.New("userinfo is about somebody else")
	}
	expired := *token
	expired.Expiry = time.Now().Add(-time.Minute)
	source := c.config.TokenSource(ctx, &expired)
	next, err := source.Token()
	if err != nil {
		return fmt.Errorf("refresh: %w", err)
	}
	if next.AccessToken == token.AccessToken || next.RefreshToken == token.RefreshToken {
		return errors.New("a refresh that changed nothing")
	}
	renewed, err := c.verify(ctx, next, nonce)
	if err != nil {
		return fmt.Errorf("refreshed ID token: %w", err)
	}
	if _, err := c.userInfo(ctx, source); err != nil {
		return err
	}
	tell(map[string]any{"claims": claims, "userinfo": info, "renewed": renewed})
	return nil
}

// verify checks signature, issuer, audience, expiry, nonce and at_hash.
func (c *client) verify(ctx context.Context, token *oauth2.Token, nonce string) (map[string]any, error) {
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return nil, errors.New("no ID token")
	}
	idToken, err := c.provider.VerifierContext(ctx, &oidc.Config{ClientID: c.config.ClientID}).Verify(ctx, raw)
	if err != nil {
		return nil, err
	}
	if idToken.Nonce != nonce {
		return nil, fmt.Errorf("nonce %q is not %q", idToken.Nonce, nonce)
	}
	if err := idToken.VerifyAccessToken(token.AccessToken); err != nil {
		return nil, err
	}
	claims := map[string]any{}
	return claims, idToken.Claims(&claims)
}

func (c *client) userInfo(ctx context.Context, source oauth2.TokenSource) (map[string]any, error) {
	info, err := c.provider.UserInfo(ctx, source)
	if err != nil {
		return nil, err
	}
	claims := map[string]any{}
	return claims, info.Claims(&claims)
}

func tell(what map[string]any) {
	if err := json.NewEncoder(os.Stdout).Encode(what); err != nil {
		panic(err)
	}
}
