package redisstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"
	"unicode/utf8"

	"github.com/redis/go-redis/v9"

	"github.com/wecom-isv/wecom"
)

// format is the version of the records that this release writes.
const format = 1

// tokenRecord is a token in Redis. Scripts read version and expires_at, so those
// stay numbers in every format.
type tokenRecord struct {
	Format    int    `json:"v"`
	Value     string `json:"value"`
	Version   int64  `json:"version"`
	ExpiresAt int64  `json:"expires_at,omitzero"` // milliseconds since 1970; 0 is never
}

// liveVersion begins both scripts: its function returns the version of old, the
// entry that is there, or nil if old is absent, expired or unreadable.
const liveVersion = `
local function version(old, now)
	if not old then return nil end
	local ok, record = pcall(cjson.decode, old)
	if not ok or type(record) ~= 'table' or type(record.version) ~= 'number' then return nil end
	local ends = record.expires_at
	if type(ends) == 'number' and ends ~= 0 and ends <= now then return nil end
	return record.version
end
`

// saveScript takes the entry; its version, the time, the life (0: for ever,
// below: none) and the record.
const saveScript = liveVersion + `
local there = version(redis.call('GET', KEYS[1]), tonumber(ARGV[2]))
if there and there >= tonumber(ARGV[1]) then return 0 end
local life = tonumber(ARGV[3])
if life > 0 then
	redis.call('SET', KEYS[1], ARGV[4], 'PX', ARGV[3])
elseif life == 0 then
	redis.call('SET', KEYS[1], ARGV[4])
else
	redis.call('DEL', KEYS[1])
end
return 1
`

// dropScript takes the entry and the greatest version that goes, and the time.
const dropScript = liveVersion + `
local there = version(redis.call('GET', KEYS[1]), tonumber(ARGV[2]))
if there and there > tonumber(ARGV[1]) then return 0 end
return redis.call('DEL', KEYS[1])
`

var errUnreadable = errors.New("the record cannot be read")

// Load implements [wecom.TokenCache].
func (s *Store) Load(ctx context.Context, key string) (wecom.Token, error) {
	text, err := s.client.Get(ctx, s.key(kindToken, key)).Bytes()
	if errors.Is(err, redis.Nil) {
		return wecom.Token{}, wecom.ErrNotCached
	}
	if err != nil {
		return wecom.Token{}, fail(ctx, "load", kindToken, err)
	}
	var record tokenRecord
	if err := decode(text, &record, &record.Format); err != nil {
		return wecom.Token{}, fail(ctx, "load", kindToken, err)
	}
	if record.Value == "" {
		return wecom.Token{}, fail(ctx, "load", kindToken, errUnreadable)
	}
	t := wecom.Token{Value: record.Value, Version: record.Version}
	if record.ExpiresAt != 0 {
		t.ExpiresAt = time.UnixMilli(record.ExpiresAt)
	}
	if !t.Live() {
		return wecom.Token{}, wecom.ErrNotCached
	}
	return t, nil
}

// decode reads a record. Its errors hold nothing of the text.
func decode(text []byte, record any, written *int) error {
	switch err := json.Unmarshal(text, record); {
	case err != nil:
		return errUnreadable
	case *written != format:
		return fmt.Errorf("the record has format %d, this release knows %d", *written, format)
	}
	return nil
}

// Save implements [wecom.TokenCache].
func (s *Store) Save(ctx context.Context, key string, t wecom.Token) (saved bool, err error) {
	if t.Value == "" || !utf8.ValidString(t.Value) {
		return false, fail(ctx, "save", kindToken, errors.New("the value is empty or no UTF-8"))
	}
	record, now, life := tokenRecord{Format: format, Value: t.Value, Version: t.Version}, time.Now(), int64(0)
	if !t.ExpiresAt.IsZero() {
		record.ExpiresAt = t.ExpiresAt.UnixMilli()
		life = milliseconds(t.ExpiresAt.Sub(now))
	}
	text, err := json.Marshal(record)
	if err != nil {
		return false, fail(ctx, "save", kindToken, err)
	}
	n, err := s.run(ctx, s.save, s.key(kindToken, key), t.Version, now.UnixMilli(), life, text)
	if err != nil {
		return false, fail(ctx, "save", kindToken, err)
	}
	return n == 1, nil
}

// milliseconds rounds a life up; what has ended is -1, since 0 is for ever.
func milliseconds(d time.Duration) int64 {
	if d <= 0 {
		return -1
	}
	return int64(math.Ceil(float64(d) / float64(time.Millisecond)))
}

// Drop implements [wecom.TokenCache].
func (s *Store) Drop(ctx context.Context, key string, upTo int64) error {
	if _, err := s.run(ctx, s.drop, s.key(kindToken, key), upTo, time.Now().UnixMilli()); err != nil {
		return fail(ctx, "drop", kindToken, err)
	}
	return nil
}

// run carries out a script on one key.
func (s *Store) run(ctx context.Context, script *redis.Script, key string, args ...any) (int64, error) {
	return script.Run(ctx, s.client, []string{key}, args...).Int64()
}
