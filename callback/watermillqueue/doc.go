// Package watermillqueue keeps the callbacks of WeCom (企业微信) in a broker until
// they are handled: a [callback.Queue] on Watermill, so on Redis Streams, Kafka,
// NATS JetStream or a SQL database. The receiver answers WeCom when the broker
// has the event; the same process or others handle it, and a killed process
// loses nothing that was answered.
//
//	// Where callbacks arrive.
//	queue, err := watermillqueue.New(publisher, watermillqueue.Config{
//		Topic: "wecom-callbacks",
//		Keys:  []wecom.SealKey{{ID: "2026-01", Key: key}},
//	})
//	h, err := callback.NewHandler(callback.Config{Queue: queue, ...}, &mux)
//
//	// Where they are handled, with a queue of the same Config.
//	router, err := message.NewRouter(message.RouterConfig{}, watermill.NewSlogLogger(logger))
//	err = queue.Handle(router, subscriber, &mux, watermillqueue.ConsumerConfig{})
//	err = router.Run(ctx) // until ctx ends or router.Close
//	err = subscriber.Close()
//
// # What can be relied on
//
// At least once: an event that was answered with success is handled by the
// [callback.Mux] once or more. A handler that fails is tried again with growing delays; after
// the last try the event goes to the poison topic, with the reason. So does an
// event that cannot be opened, at once. If the poison topic cannot be written
// either, the event is given back to the broker. Nothing is ever dropped.
//
// When the router closes, running handlers finish and are acknowledged, waiting
// retries are given back, and then the subscription ends. Events handled twice
// are rare, but handlers must be idempotent, as WeCom itself repeats callbacks.
//
// # What the broker sees
//
// The event is sealed with AES-256-GCM under a key of yours, bound to the topic:
// a broker, its backups and its operators never see an auth code, a token or
// personal data. In the clear are the kind of the event ([MetadataKind]) and a
// short hash of the corp id ([MetadataOrder]). In the poison topic the event
// stays sealed; [Queue.Open] opens it, and publishing it again to the topic in its
// metadata repeats it.
//
// To change the key, add the new one behind the old one everywhere, then move it
// to the front everywhere, and remove the old one when topic and poison topic hold
// nothing older. Use one key for at most four billion events.
//
// # Order
//
// WeCom promises no order. Events of one corp are handled in the order in which
// they were answered, as far as the broker can: they carry the same key
// ([OrderKey]), and with Config.Partitions they share one topic out of several.
// An event that is being retried holds up those behind it. After a crash, or
// after an event has been given back, later ones may be handled first.
//
// # Redis Streams
//
// github.com/ThreeDotsLabs/watermill-redisstream, each with a client of its own,
// because closing one closes its client:
//
//	publisher, err := redisstream.NewPublisher(redisstream.PublisherConfig{
//		Client:     redis.NewClient(options),
//		Marshaller: watermillqueue.RedisMarshaller{},
//	}, nil)
//	started, slow := time.Now(), 3*consumer.MaxHold() // up to three events wait in a process
//	subscriber, err := redisstream.NewSubscriber(redisstream.SubscriberConfig{
//		Client:        redis.NewClient(options),
//		Unmarshaller:  watermillqueue.RedisMarshaller{},
//		ConsumerGroup: "wecom",
//		Consumer:      hostname, // of one process at a time, the same after a restart
//		MaxIdleTime:   5 * time.Second,
//		ShouldClaimPendingMessage: func(p redis.XPendingExt) bool {
//			return p.Idle > slow || p.Consumer == hostname && p.Idle > time.Since(started)
//		},
//		DisableIndefiniteInitialBlock: true,
//	}, nil)
//
// ShouldClaimPendingMessage takes over what a killed process has left: the events
// of its own predecessor after seconds, those of other processes once they must be
// dead. (Without it, MaxIdleTime must be what slow is.)
//
// One subscription handles one event at a time, so Partitions is also the number
// of events handled at once. The order holds while each partition has one
// consumer. Redis must run with appendonly yes (appendfsync always if a power cut
// must not lose what was answered) and maxmemory-policy noeviction. Handled events
// stay in the stream; drop them by age, never by length, which could drop what
// waits:
//
//	XTRIM wecom-callbacks-0 MINID ~ <Unix milliseconds, seven days ago>
//
// # Kafka
//
// github.com/ThreeDotsLabs/watermill-kafka/v3. Kafka has partitions, so
// Config.Partitions stays 0. The order holds:
//
//	marshaler := kafka.NewWithPartitioningMarshaler(watermillqueue.OrderKey)
//	publisher, err := kafka.NewPublisher(kafka.PublisherConfig{
//		Brokers: brokers, Marshaler: marshaler, OverwriteSaramaConfig: kafka.DefaultSaramaSyncPublisherConfig(),
//	}, nil)
//	subscriber, err := kafka.NewSubscriber(kafka.SubscriberConfig{
//		Brokers: brokers, Unmarshaler: marshaler, ConsumerGroup: "wecom",
//	}, nil)
//
// Set Producer.RequiredAcks to sarama.WaitForAll, and Consumer.Group.Session and
// Rebalance timeouts with ConsumerConfig.MaxHold in mind.
//
// # NATS
//
// github.com/ThreeDotsLabs/watermill-nats/v2/pkg/nats, with JetStream: core NATS
// forgets what nobody takes. The order holds with Config.Partitions, one
// subscriber each (SubscribersCount 1) and one consumer per partition:
//
//	stream := nats.JetStreamConfig{
//		AutoProvision: true, DurablePrefix: "wecom",
//		DurableCalculator: func(prefix, topic string) string { return prefix + "-" + topic },
//	}
//	publisher, err := nats.NewPublisher(nats.PublisherConfig{URL: url, JetStream: stream}, nil)
//	subscriber, err := nats.NewSubscriber(nats.SubscriberConfig{
//		URL: url, QueueGroupPrefix: "wecom", SubscribersCount: 1,
//		AckWaitTimeout: consumer.MaxHold(), JetStream: stream,
//	}, nil)
//
// # SQL
//
// github.com/ThreeDotsLabs/watermill-sql/v3, on PostgreSQL or MySQL. The payload
// is binary, so the column must not be JSON, its default. The order holds with
// Config.Partitions; one consumer of a group works on a topic at a time:
//
//	schema := sql.DefaultPostgreSQLSchema{GeneratePayloadType: func(string) string { return "BYTEA" }}
//	deadline := consumer.MaxHold()
//	publisher, err := sql.NewPublisher(db, sql.PublisherConfig{SchemaAdapter: schema, AutoInitializeSchema: true}, nil)
//	subscriber, err := sql.NewSubscriber(db, sql.SubscriberConfig{
//		ConsumerGroup: "wecom", AckDeadline: &deadline,
//		SchemaAdapter: schema, OffsetsAdapter: sql.DefaultPostgreSQLOffsetsAdapter{}, InitializeSchema: true,
//	}, nil)
//
// On MySQL the type is MEDIUMBLOB. Handled rows stay in the table.
//
// With every broker the publisher must be synchronous: what Publish has returned
// nil for must be safe. Watermill's GoChannel keeps nothing and is for tests.
package watermillqueue
