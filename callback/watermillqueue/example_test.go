package watermillqueue_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/ThreeDotsLabs/watermill-redisstream/pkg/redisstream"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/callback/watermillqueue"
	"github.com/wecom-isv/wecom/wecomtest"
)

// A receiver and a worker over Redis Streams, in one process here. The Redis is
// miniredis and the WeCom is simulated.
func Example() {
	ctx := context.Background()
	server, err := miniredis.Run()
	check(err)
	defer server.Close()
	client := func() *redis.Client { return redis.NewClient(&redis.Options{Addr: server.Addr()}) }

	// Both: the queue.
	publisher, err := redisstream.NewPublisher(redisstream.PublisherConfig{
		Client: client(), Marshaller: watermillqueue.RedisMarshaller{},
	}, nil)
	check(err)
	queue, err := watermillqueue.New(publisher, watermillqueue.Config{
		Topic:      "wecom-callbacks",
		Keys:       []wecom.SealKey{{ID: "2026-01", Key: wecom.NewSecret("ZnJvbSB5b3VyIHZhdWx0OiAzMiByYW5kb20gYnl0ZXM=")}},
		Partitions: 4,
	})
	check(err)

	// The worker: handlers, and a router that brings them the events.
	var mux callback.Mux
	handled := make(chan struct{})
	callback.On(&mux, func(_ context.Context, env callback.Envelope, _ callback.CreateAuth) error {
		fmt.Println("handled:", env.Kind)
		close(handled)
		return nil
	})
	consumer := watermillqueue.ConsumerConfig{}
	const name = "worker-1" // the same after a restart
	started, slow := time.Now(), 3*consumer.MaxHold()
	subscriber, err := redisstream.NewSubscriber(redisstream.SubscriberConfig{
		Client: client(), Unmarshaller: watermillqueue.RedisMarshaller{},
		ConsumerGroup: "wecom", Consumer: name,
		MaxIdleTime: 5 * time.Second,
		ShouldClaimPendingMessage: func(p redis.XPendingExt) bool {
			return p.Idle > slow || p.Consumer == name && p.Idle > time.Since(started)
		},
		DisableIndefiniteInitialBlock: true,
	}, nil)
	check(err)
	router, err := message.NewRouter(message.RouterConfig{}, nil)
	check(err)
	check(queue.Handle(router, subscriber, &mux, consumer))
	ran := make(chan error)
	go func() { ran <- router.Run(ctx) }()

	// The receiver: answers as soon as Redis has the event.
	platform, err := wecomtest.Start()
	check(err)
	defer platform.Close()
	app := platform.NewApp(wecomtest.AppConfig{CallbackURL: "https://vendor.example/callback/command"})
	h, err := callback.NewHandler(callback.Config{
		Token: app.Token, AESKey: app.AESKey, Receivers: []string{app.ID}, Queue: queue,
	}, &mux)
	check(err)
	platform.Handle("vendor.example", h)
	installation, err := platform.NewCorp("Acme").Install(ctx, app)
	check(err)
	fmt.Println("answered:", string(installation.Delivery.Tries[0].Body))

	// The end: what is being handled is finished and acknowledged.
	<-handled
	check(router.Close())
	check(<-ran)
	check(subscriber.Close())
	check(publisher.Close())
	// Unordered output:
	// answered: success
	// handled: suite:create_auth
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
