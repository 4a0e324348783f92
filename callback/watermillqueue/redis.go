package watermillqueue

import (
	"fmt"
	"strings"

	"github.com/ThreeDotsLabs/watermill/message"
)

// RedisMarshaller is the Marshaller and Unmarshaller for watermill-redisstream.
// Its entries have the fields uuid, payload and one meta: field for each metadata,
// so that redis-cli shows what waits.
//
// The default of that package ends the subscription at an entry that it cannot
// read, and so would every consumer that the entry is handed to next. This one
// reads every entry: what is not a message of ours keeps its fields as metadata
// and goes the way of all that cannot be opened, to the poison topic. Entries that
// the default has written are read too, without their metadata.
type RedisMarshaller struct{}

const (
	redisUUID        = "uuid"
	redisPayload     = "payload"
	redisMeta        = "meta:"
	redisDefaultUUID = "_watermill_message_uuid"
)

// Marshal returns the fields of the entry for msg. It never fails.
func (RedisMarshaller) Marshal(_ string, msg *message.Message) (map[string]any, error) {
	entry := map[string]any{redisUUID: msg.UUID, redisPayload: []byte(msg.Payload)}
	for k, v := range msg.Metadata {
		entry[redisMeta+k] = v
	}
	return entry, nil
}

// Unmarshal returns the message of an entry. It never fails.
func (RedisMarshaller) Unmarshal(entry map[string]any) (*message.Message, error) {
	msg := message.NewMessage("", nil)
	for name, value := range entry {
		text, ok := value.(string)
		if !ok {
			text = fmt.Sprint(value)
		}
		switch key, meta := strings.CutPrefix(name, redisMeta); {
		case name == redisUUID, name == redisDefaultUUID:
			msg.UUID = text
		case name == redisPayload:
			msg.Payload = message.Payload(text)
		case meta:
			msg.Metadata.Set(key, text)
		default:
			msg.Metadata.Set(name, text)
		}
	}
	return msg, nil
}
