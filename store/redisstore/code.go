package redisstore

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/redis/go-redis/v9"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/suite"
)

// codeRecord is a permanent code in Redis.
type codeRecord struct {
	Format int    `json:"v"`
	Code   string `json:"code"`
	At     int64  `json:"at"` // milliseconds since 1970
}

// codeKey refuses ids that could read the entry of another corp.
func (s *Store) codeKey(suiteID, corpID string) (string, error) {
	if suiteID == "" || corpID == "" || strings.Contains(suiteID, "/") || strings.Contains(corpID, "/") {
		return "", errors.New("a suite or corp id is empty or holds a slash")
	}
	return s.key(kindCode, "suite/"+suiteID+"/corp/"+corpID), nil
}

// LoadCode implements [suite.CodeStore].
func (s *Store) LoadCode(ctx context.Context, suiteID, corpID string) (suite.PermanentCode, error) {
	key, err := s.codeKey(suiteID, corpID)
	if err != nil {
		return suite.PermanentCode{}, fail(ctx, "load", kindCode, err)
	}
	text, err := s.client.Get(ctx, key).Bytes()
	if errors.Is(err, redis.Nil) {
		return suite.PermanentCode{}, suite.ErrNoCode
	}
	if err != nil {
		return suite.PermanentCode{}, fail(ctx, "load", kindCode, err)
	}
	var record codeRecord
	if err := decode(text, &record, &record.Format); err != nil {
		return suite.PermanentCode{}, fail(ctx, "load", kindCode, err)
	}
	if record.Code == "" {
		return suite.PermanentCode{}, fail(ctx, "load", kindCode, errUnreadable)
	}
	return suite.PermanentCode{
		SuiteID: suiteID, CorpID: corpID,
		Code: wecom.NewSecret(record.Code), At: time.UnixMilli(record.At),
	}, nil
}

// SaveCode implements [suite.CodeStore]. How soon the code is on disk is the
// server's setting: see the package documentation.
func (s *Store) SaveCode(ctx context.Context, code suite.PermanentCode) error {
	key, err := s.codeKey(code.SuiteID, code.CorpID)
	if err != nil {
		return fail(ctx, "save", kindCode, err)
	}
	value := code.Code.Reveal()
	if value == "" || !utf8.ValidString(value) {
		return fail(ctx, "save", kindCode, errors.New("the permanent code is empty or no UTF-8"))
	}
	text, err := json.Marshal(codeRecord{Format: format, Code: value, At: code.At.UnixMilli()})
	if err != nil {
		return fail(ctx, "save", kindCode, err)
	}
	if err := s.client.Set(ctx, key, text, 0).Err(); err != nil {
		return fail(ctx, "save", kindCode, err)
	}
	return nil
}

// dropCodeScript takes the entry and the time at which the code that goes was
// obtained.
const dropCodeScript = `
local text = redis.call('GET', KEYS[1])
if not text then return 0 end
local ok, record = pcall(cjson.decode, text)
if not ok or type(record) ~= 'table' or record.at ~= tonumber(ARGV[1]) then return 0 end
return redis.call('DEL', KEYS[1])
`

// DropCode implements [suite.CodeStore].
func (s *Store) DropCode(ctx context.Context, code suite.PermanentCode) error {
	key, err := s.codeKey(code.SuiteID, code.CorpID)
	if err != nil {
		return fail(ctx, "drop", kindCode, err)
	}
	if _, err := s.run(ctx, s.dropCode, key, code.At.UnixMilli()); err != nil {
		return fail(ctx, "drop", kindCode, err)
	}
	return nil
}
