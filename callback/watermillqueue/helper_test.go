package watermillqueue_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/callback/watermillqueue"
)

const (
	topic   = "wecom-callbacks"
	suiteID = "ww4asffe99e54c0f4c"
	corpID  = "wpQxo0CgAAL9Z1yX2vC3bN4mK5jH6gF"
	secret  = "canary-auth-code-9f2c"
)

func key(id string) wecom.SealKey { return wecom.SealKey{ID: id, Key: secretOf(id, 32)} }

func secretOf(id string, size int) wecom.Secret {
	return wecom.NewSecret(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte(id[:1]), size)))
}

func config() watermillqueue.Config {
	return watermillqueue.Config{Topic: topic, Keys: []wecom.SealKey{key("a")}}
}

func newQueue(tb testing.TB, publisher message.Publisher, cfg watermillqueue.Config) *watermillqueue.Queue {
	tb.Helper()
	q, err := watermillqueue.New(publisher, cfg)
	require.NoError(tb, err)
	return q
}

// createAuth is an authorisation event of a suite.
func createAuth(tb testing.TB) callback.Envelope {
	tb.Helper()
	return parse(tb, "<xml><SuiteId>"+suiteID+"</SuiteId><InfoType>create_auth</InfoType>"+
		"<TimeStamp>1403610513</TimeStamp><AuthCode>"+secret+"</AuthCode></xml>")
}

// changed is an event of one corp.
func changed(tb testing.TB, corp, user string) callback.Envelope {
	tb.Helper()
	return parse(tb, "<xml><SuiteId>"+suiteID+"</SuiteId><InfoType>change_contact</InfoType><TimeStamp>1403610513</TimeStamp>"+
		"<ChangeType>delete_user</ChangeType><AuthCorpId>"+corp+"</AuthCorpId><UserID>"+user+"</UserID></xml>")
}

func parse(tb testing.TB, raw string) callback.Envelope {
	tb.Helper()
	env, err := callback.Parse([]byte(raw), suiteID)
	require.NoError(tb, err)
	return env
}

var errDown = errors.New("broker is down")

// broker is a broker in memory. Each topic is delivered one message at a time, and
// again when it was given back, until it is acknowledged.
type broker struct {
	mu     sync.Mutex
	topics map[string]*backlog

	poisonDown bool
}

type backlog struct {
	waiting []*message.Message
	acked   []*message.Message
	nacks   int
	wake    chan struct{}
}

func newBroker() *broker { return &broker{topics: map[string]*backlog{}} }

func (b *broker) topic(name string) *backlog { // b.mu is held
	if b.topics[name] == nil {
		b.topics[name] = &backlog{wake: make(chan struct{}, 1)}
	}
	return b.topics[name]
}

func (b *broker) Publish(name string, messages ...*message.Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.poisonDown && name == poison {
		return errDown
	}
	t := b.topic(name)
	for _, m := range messages {
		t.waiting = append(t.waiting, m.Copy())
	}
	select {
	case t.wake <- struct{}{}:
	default:
	}
	return nil
}

func (b *broker) Subscribe(ctx context.Context, name string) (<-chan *message.Message, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.topic(name)
	out := make(chan *message.Message)
	go func() {
		defer close(out)
		for b.deliver(ctx, t, out) {
		}
	}()
	return out, nil
}

// deliver delivers the oldest message once.
func (b *broker) deliver(ctx context.Context, t *backlog, out chan<- *message.Message) bool {
	b.mu.Lock()
	var next *message.Message
	if len(t.waiting) > 0 {
		next = t.waiting[0].Copy()
	}
	b.mu.Unlock()
	if next == nil {
		select {
		case <-t.wake:
			return true
		case <-ctx.Done():
			return false
		}
	}
	next.SetContext(ctx)
	select {
	case out <- next:
	case <-ctx.Done():
		return false
	}
	select {
	case <-next.Acked():
		b.mu.Lock()
		defer b.mu.Unlock()
		t.acked, t.waiting = append(t.acked, next), t.waiting[1:]
	case <-next.Nacked():
		b.mu.Lock()
		defer b.mu.Unlock()
		t.nacks++
	case <-ctx.Done():
		return false
	}
	return true
}

func (*broker) Close() error { return nil }

// failPoison makes the publication to the poison topic fail, or work again.
func (b *broker) failPoison(down bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.poisonDown = down
}

// waiting returns the messages of a topic that are not acknowledged.
func (b *broker) waiting(name string) []*message.Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.topic(name).waiting)
}

// counts returns how many messages of the topic were acknowledged and how many
// given back.
func (b *broker) counts() (acked, nacked int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.topic(topic).acked), b.topic(topic).nacks
}

// publisher is a publisher made of a function.
type publisher func(topic string, m *message.Message) error

func (p publisher) Publish(topic string, messages ...*message.Message) error {
	for _, m := range messages {
		if err := p(topic, m); err != nil {
			return err
		}
	}
	return nil
}

func (publisher) Close() error { return nil }

// journal collects what an Observer is told.
type journal struct {
	mu    sync.Mutex
	infos []watermillqueue.Info
}

func (j *journal) observe(_ context.Context, info watermillqueue.Info) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.infos = append(j.infos, info)
}

// stages returns the stages so far; failed ones end in an exclamation mark.
func (j *journal) stages() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	var stages []string
	for _, info := range j.infos {
		s := string(info.Stage)
		if info.Err != nil {
			s += "!"
		}
		stages = append(stages, s)
	}
	return strings.Join(stages, " ")
}

func (j *journal) last() watermillqueue.Info {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.infos[len(j.infos)-1]
}
