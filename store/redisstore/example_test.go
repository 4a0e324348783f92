package redisstore_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/wecom-isv/wecom"
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
