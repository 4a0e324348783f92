package redisstore_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/sso"
	"github.com/wecom-isv/wecom/store/redisstore"
)

func Example() {
	server, err := miniredis.Run() // stands for your Redis
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()

	client := redis.NewUniversalClient(&redis.UniversalOptions{
		Addrs:                 []string{server.Addr()},
		ContextTimeoutEnabled: true, // required
		MaxRetries:            1,
		DialerRetries:         1,
	})
	defer func() { _ = client.Close() }()
	store, err := redisstore.New(client, redisstore.Config{})
	if err != nil {
		log.Fatal(err)
	}
	api, err := wecom.New(wecom.WithTokenCache(store)) // the store is the lock, too
	if err != nil {
		log.Fatal(err)
	}

	source := api.TokenSource("suite/ww0000000000000000/token", func(context.Context) (wecom.Token, error) {
		fmt.Println("bought once for all processes")
		return wecom.Token{Value: "token", ExpiresAt: time.Now().Add(2 * time.Hour)}, nil
	})
	if _, err := source.Token(context.Background()); err != nil {
		log.Fatal(err)
	}
	for _, key := range server.Keys() {
		fmt.Println(key)
	}
	// Output:
	// bought once for all processes
	// wecom:token:suite/ww0000000000000000/token
}

// What the machines of a fleet share.
func Example_fleet() {
	server, err := miniredis.Run()
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	if err := share(server.Addr(), wecom.NewSecret("32 random bytes of your own, kept"), new(callback.Mux)); err != nil {
		log.Fatal(err)
	}
	fmt.Println("tokens, permanent codes, sign-in states and handled events are in Redis")
	// Output: tokens, permanent codes, sign-in states and handled events are in Redis
}

func share(addr string, key wecom.Secret, mux *callback.Mux) error {
	// [share]
	client := redis.NewClient(&redis.Options{Addr: addr, ContextTimeoutEnabled: true}) // required: deadlines hold in Redis, too
	store, err := redisstore.New(client, redisstore.Config{})
	if err != nil {
		return err
	}
	api, err := wecom.New(wecom.WithTokenCache(store)) // also the lock: one fetch per token in the whole fleet
	if err != nil {
		return err
	}
	states, err := sso.NewStates(key, sso.WithUsedStates(sso.NewCacheUsedStates(store))) // the same key everywhere
	if err != nil {
		return err
	}
	repeats, err := store.Filter(redisstore.FilterConfig{})
	if err != nil {
		return err
	}
	mux.Dedupe(callback.DedupeConfig{Filter: repeats}) // an event that WeCom repeats is handled once
	// [/share]
	_, _ = api, states
	return nil
}
