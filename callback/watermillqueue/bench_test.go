package watermillqueue_test

import (
	"testing"

	"github.com/ThreeDotsLabs/watermill/message"
)

// What the queue adds to the answer to WeCom, the broker apart.
func BenchmarkEnqueue(b *testing.B) {
	q := newQueue(b, publisher(func(string, *message.Message) error { return nil }), config())
	env := createAuth(b)
	b.ReportAllocs()
	for b.Loop() {
		if err := q.Enqueue(b.Context(), env); err != nil {
			b.Fatal(err)
		}
	}
}

// What the queue adds to the handling of an event, the broker apart.
func BenchmarkOpen(b *testing.B) {
	q := newQueue(b, newBroker(), config())
	msg := message.NewMessage("", sealed(b, config()))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := q.Open(msg); err != nil {
			b.Fatal(err)
		}
	}
}
