package watermillqueue

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/callback"
)

// Metadata of the messages that a [Queue] publishes. It is not authenticated:
// consumers go by what is in the sealed event.
const (
	// MetadataKind is the kind of the event, a [callback.Kind].
	MetadataKind = "wecom_kind"
	// MetadataOrder is the same for all events of a corp: 16 hexadecimal digits of
	// a hash of its corp id. Events without a corp go by their suite id, else by
	// the provider's corp id, else by the receiver.
	MetadataOrder = "wecom_order"
)

// OrderKey returns the [MetadataOrder] of a message. It is the partition key that
// kafka.NewWithPartitioningMarshaler asks for.
func OrderKey(_ string, msg *message.Message) (string, error) {
	return msg.Metadata.Get(MetadataOrder), nil
}

// Config sets up a [Queue]. The processes that receive and those that handle
// must agree on Topic, Keys and Partitions.
type Config struct {
	// Topic is where events go. Required.
	Topic string
	// Keys seal the events: the first one seals, all of them open. Required. The
	// id of a key travels with each event in the clear.
	Keys []wecom.SealKey
	// Partitions divides the events among the topics Topic-0, Topic-1 and so on,
	// by corp; for brokers that have no partitions of their own. 0: one topic,
	// Topic itself. Before it is made smaller, the topics that go must be empty.
	// At most 1024.
	Partitions int
	// MaxInFlight limits how many events are on their way to the broker at once;
	// 0: 1024. Above it Enqueue returns [callback.ErrQueueFull].
	MaxInFlight int
	// Observer is called for each thing that happens to an event, for metrics. It is
	// called by several goroutines at once, must be fast and must not panic. Default:
	// none.
	Observer func(ctx context.Context, info Info)
	// Logger gets, at Warn, handlers that failed and will be tried again and
	// events given back to the broker, at Error events that went to the poison
	// topic: with the kind and the text of the error, which is not edited.
	// Default: none.
	Logger *slog.Logger
}

// Stage is what happened to an event.
type Stage string

// The stages of an event.
const (
	StageEnqueue Stage = "enqueue" // the broker was given the event; Err: it did not take it
	StageTry     Stage = "try"     // a handler ran; Err: it failed
	StagePoison  Stage = "poison"  // the event went to the poison topic because of Err
	StageReturn  Stage = "return"  // the event was given back to the broker because of Err
)

// Info is one thing that happened to one event. It holds nothing of the message.
type Info struct {
	Stage    Stage
	Kind     callback.Kind // "" if the event could not be opened
	Topic    string        // the topic or partition
	Try      int           // 1 is the first; StageTry and after
	Duration time.Duration // of the try or of the publication
	Age      time.Duration // since Enqueue was called; StageTry and after, by the clocks of both processes
	Err      error         // nil: all is well
}

// Queue is a [callback.Queue] on a broker. It is safe for concurrent use.
type Queue struct {
	publisher  message.Publisher
	sealer     *sealer
	partitions int
	slots      chan struct{}
	observe    func(context.Context, Info)
	logger     *slog.Logger
}

var _ callback.Queue = (*Queue)(nil)

const (
	maxPartitions   = 1024
	defaultInFlight = 1024
)

// New returns a queue that publishes with publisher, events and what goes to the
// poison topic. The publisher remains the caller's to close. The error says what
// is wrong in cfg, without a key.
func New(publisher message.Publisher, cfg Config) (*Queue, error) {
	switch {
	case publisher == nil:
		return nil, errors.New("watermillqueue: nil publisher")
	case cfg.Topic == "":
		return nil, errors.New("watermillqueue: no Topic")
	case cfg.Partitions < 0 || cfg.Partitions > maxPartitions:
		return nil, fmt.Errorf("watermillqueue: Partitions %d is not between 0 and %d", cfg.Partitions, maxPartitions)
	case cfg.MaxInFlight < 0:
		return nil, errors.New("watermillqueue: negative MaxInFlight")
	}
	sealer, err := newSealer(cfg.Topic, cfg.Keys)
	if err != nil {
		return nil, err
	}
	if cfg.MaxInFlight == 0 {
		cfg.MaxInFlight = defaultInFlight
	}
	if cfg.Observer == nil {
		cfg.Observer = func(context.Context, Info) {}
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Queue{
		publisher:  publisher,
		sealer:     sealer,
		partitions: cfg.Partitions,
		slots:      make(chan struct{}, cfg.MaxInFlight),
		observe:    cfg.Observer,
		logger:     cfg.Logger,
	}, nil
}

// Enqueue seals env and publishes it. It returns nil when the broker has it; the
// publisher's error; [callback.ErrQueueFull] if too many events are on their way;
// or the error of ctx when it ends first, whether or not the publisher looks at
// it. (The event may then arrive all the same. WeCom repeats it, as the answer
// was no success.)
func (q *Queue) Enqueue(ctx context.Context, env callback.Envelope) error {
	start := time.Now()
	order := orderOf(&env)
	topic := q.topic(q.partition(order))
	err := q.publish(ctx, topic, &env, order, start)
	q.observe(ctx, Info{Stage: StageEnqueue, Kind: env.Kind, Topic: topic, Duration: time.Since(start), Err: err})
	return err
}

func (q *Queue) publish(ctx context.Context, topic string, env *callback.Envelope, order uint64, at time.Time) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("watermillqueue: publish: %w", err)
	}
	select {
	case q.slots <- struct{}{}:
	default:
		return callback.ErrQueueFull
	}
	msg := message.NewMessageWithContext(ctx, watermill.NewUUID(), q.sealer.seal(env, at))
	msg.Metadata.Set(MetadataKind, string(env.Kind))
	msg.Metadata.Set(MetadataOrder, hex.EncodeToString(binary.BigEndian.AppendUint64(nil, order)))

	done := make(chan error, 1)
	go func() { // some publishers do not look at the context
		defer func() { <-q.slots }()
		defer func() {
			if v := recover(); v != nil {
				done <- fmt.Errorf("the publisher panicked with a %T", v)
			}
		}()
		done <- q.publisher.Publish(topic, msg)
	}()
	select {
	case err := <-done:
		if err != nil {
			return fmt.Errorf("watermillqueue: publish: %w", err)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("watermillqueue: publish: %w", ctx.Err())
	}
}

// Open opens a message of this queue, as one from the poison topic. The error is
// a [*wecom.SealError] with the topic as Name, or a [callback.ErrMessage]. For a
// SealError, [wecom.ErrNotSealed] is a message that no Queue has published, and
// [wecom.ErrSealBroken] also one from another topic.
func (q *Queue) Open(msg *message.Message) (callback.Envelope, error) {
	env, _, err := q.sealer.open(msg.Payload)
	return env, err
}

// Topics returns the topics that events go to: what to create, watch and trim.
// The poison topic is not among them.
func (q *Queue) Topics() []string {
	topics := make([]string, max(q.partitions, 1))
	for i := range topics {
		topics[i] = q.topic(i)
	}
	return topics
}

func (q *Queue) topic(partition int) string {
	if q.partitions == 0 {
		return q.sealer.topic
	}
	return q.sealer.topic + "-" + strconv.Itoa(partition)
}

func (q *Queue) partition(order uint64) int {
	if q.partitions == 0 {
		return 0
	}
	return int(order % uint64(q.partitions))
}

// orderOf hashes the id of whom an event is about.
func orderOf(env *callback.Envelope) uint64 {
	about := cmp.Or(env.CorpID, env.SuiteID, env.ServiceCorpID, env.Receiver)
	sum := sha256.Sum256([]byte(domain + "\x00order\x00" + about))
	return binary.BigEndian.Uint64(sum[:8])
}
