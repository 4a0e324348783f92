package callback

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/wecom-isv/wecom/crypto"
)

// Config is one callback URL of one app: what the console of WeCom shows for it,
// and how its callbacks are handled.
type Config struct {
	// Token and AESKey are the Token and the EncodingAESKey of the URL. Required.
	Token  string `json:"-"`
	AESKey string `json:"-"`

	// OldKeys are what Token and AESKey were before, or will be: callbacks with
	// either are accepted, so that none is lost while the keys are changed. To
	// change them, start all processes with the new pair above and the old one
	// here, save the new pair in the console of WeCom, which verifies the URL with
	// it, and take the old one out some hours later.
	OldKeys []OldKey `json:"-"`
	// App names the app for handlers (Envelope.App) and keeps its events apart
	// from those of other apps in [Mux.Dedupe]. Needed where several apps in app
	// form share a Mux or a Filter; the suite or template id is a good choice.
	App string

	// Receivers are the ids that callbacks (POST) are encrypted for: the suite id
	// on a command URL (指令回调URL), the template id (dk...) on that of a
	// customised-app template, the corp's id on the URL of an app inside a corp,
	// the provider's corp id on the system-event URL (系统事件接收URL; unknown:
	// WeCom does not document that one). Ids are case-sensitive.
	Receivers []string
	// VerifyReceivers are further ids that the verification of the URL (GET) may
	// be encrypted for: for most URLs the provider's own corp id. Suite events
	// are accepted for them too if their SuiteId is one of Receivers, because
	// create_auth has been seen encrypted for the provider (unknown: when and why).
	VerifyReceivers []string
	// AcceptReceiver decides about ids that are in neither list: on a data URL
	// (数据回调URL), whether the id is that of a corp which authorised the app. It
	// must answer at once and be safe for concurrent use. If it accepts a message
	// in app form, it is also asked about the ToUserName in the message, should
	// that be another id and SameCorp be nil. It is for deliveries only: a URL is
	// verified with the ids of the two lists.
	AcceptReceiver func(id string) bool
	// CorpPath is the name of the wildcard in the pattern of [net/http.ServeMux]
	// that stands for $CORPID$ in a data URL: "corpid" for the pattern
	// "/callback/data/{corpid}" and the data URL ".../callback/data/$CORPID$".
	// Other routers set it with [net/http.Request.SetPathValue]. The corp id that
	// WeCom puts there must agree with the receiver of a delivery and with the
	// ToUserName of a message in app form; both are exact, or up to SameCorp.
	// Without AcceptReceiver each corp is accepted under its own path: nobody but
	// WeCom can sign. Verification, where WeCom puts the provider's corp id, goes
	// by VerifyReceivers and does not look at the path.
	CorpPath string
	// SameCorp says whether two different ids name one corp: the plain one (ww...)
	// and the encrypted one (wp...). WeCom has been seen to mix them, and which
	// fills $CORPID$ is not known for apps that have not moved to encrypted ids
	// (unknown). It must answer at once and be safe for concurrent use. Default:
	// no two do.
	SameCorp func(a, b string) bool
	// Individual is set for an app of an individual subject (个人主体), which has
	// no corp: its callbacks are encrypted for the empty id. It excludes the five
	// above.
	Individual bool

	// ReplayWindow refuses requests with a right signature whose timestamp is
	// further in the past. 0, the default, refuses none: WeCom may repeat an event
	// minutes later, and it is not known whether it signs anew (unknown), so set
	// at least 10 minutes. It limits how long a recorded request can be replayed;
	// [Mux.Dedupe] takes care of those within the window.
	ReplayWindow time.Duration
	// ClockSkew is how far the clocks may differ, and how far a timestamp may lie
	// in the future; 0: 1 minute. It has no effect without ReplayWindow.
	ClockSkew time.Duration

	// MaxBody limits the body, in bytes; 0: 1 MiB, which is also the most.
	MaxBody int64
	// Timeout limits the context of a handler. 0: 900 ms for the events that WeCom
	// wants answered within 1000 ms (create_auth, change_auth, cancel_auth,
	// reset_permanent_code, device_data_auth_change), 4.5 s for the others, which
	// have 5 s.
	Timeout time.Duration
	// Queue takes the events off the handler, which then answers at once. Default:
	// none, handlers run before the answer.
	Queue Queue
	// Logger gets what goes wrong, never with an id, a secret or the text of a
	// message: at Debug requests that do not come from WeCom, at Warn messages
	// with a correct signature that cannot be read or are for somebody else, at
	// Error events that a handler or queue refused, with the kind of the event and
	// the text of the error, which is not edited. Default: none.
	Logger *slog.Logger
	// OnReject is called for each request that is refused, with the full reason,
	// such as a [*crypto.ReceiverError] with the ids that do not agree. It is
	// called before the answer, so it must be fast. When several configs share a
	// handler and none matches the request, the OnReject and the Logger of the
	// first are used. Default: none.
	OnReject func(r *http.Request, err error)
}

// OldKey is a Token and an EncodingAESKey that a URL has had.
type OldKey struct {
	Token  string    `json:"-"` // "": Config.Token
	AESKey string    `json:"-"` // "": Config.AESKey
	Until  time.Time // when it stops being accepted; zero: never
}

// String hides the Token and the key from fmt.
func (k OldKey) String() string { return fmt.Sprintf("callback.OldKey(until %v)", k.Until) }

// GoString hides the Token and the key from %#v.
func (k OldKey) GoString() string { return k.String() }

// LogValue hides the Token and the key from log/slog.
func (k OldKey) LogValue() slog.Value { return slog.StringValue(k.String()) }

// String hides the Token and the key from fmt.
func (c Config) String() string { return fmt.Sprintf("callback.Config(receivers %q)", c.Receivers) }

// GoString hides the Token and the key from %#v.
func (c Config) GoString() string { return c.String() }

// LogValue hides the Token and the key from log/slog.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

const (
	authTimeout    = 900 * time.Millisecond
	defaultTimeout = 4500 * time.Millisecond
)

// app is a Config made ready. It holds no secret in the open.
type app struct {
	keys       []key // the current one first
	name       string
	verifies   *crypto.Receivers // for verification
	opens      *crypto.Receivers // for deliveries: all ids below, before the message is known; see admits
	individual bool
	receivers  []string
	guests     []string // VerifyReceivers that are not in receivers
	accept     func(id string) bool
	corpPath   string
	same       func(a, b string) bool

	window   time.Duration // 0: any age
	skew     time.Duration
	maxBody  int64
	timeout  time.Duration
	queue    Queue
	logger   *slog.Logger
	onReject func(*http.Request, error)
}

// key is one pair of Token and EncodingAESKey.
type key struct {
	codec *crypto.Codec
	until time.Time // zero: for ever
}

func (k *key) expired() bool { return !k.until.IsZero() && !time.Now().Before(k.until) }

const defaultSkew = time.Minute

func newApp(cfg Config) (*app, error) {
	a := &app{
		name:       cfg.App,
		individual: cfg.Individual,
		receivers:  slices.Clone(cfg.Receivers),
		accept:     cfg.AcceptReceiver,
		corpPath:   cfg.CorpPath,
		same:       cfg.SameCorp,
		window:     cfg.ReplayWindow,
		skew:       cmp.Or(cfg.ClockSkew, defaultSkew),
		maxBody:    cmp.Or(cfg.MaxBody, crypto.MaxEnvelope),
		timeout:    cfg.Timeout,
		queue:      cfg.Queue,
		logger:     cfg.Logger,
		onReject:   cfg.OnReject,
	}
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if err := a.setKeys(cfg); err != nil {
		return nil, err
	}
	if err := a.setReceivers(cfg); err != nil {
		return nil, err
	}
	if a.logger == nil {
		a.logger = slog.New(slog.DiscardHandler)
	}
	return a, nil
}

// check finds settings that contradict each other or make no sense.
func (c *Config) check() error {
	lists := len(c.Receivers) > 0 || len(c.VerifyReceivers) > 0
	open := c.AcceptReceiver != nil || c.CorpPath != ""
	switch {
	case c.Individual && (lists || open || c.SameCorp != nil):
		return errors.New("config field Individual excludes Receivers, VerifyReceivers, AcceptReceiver, CorpPath and SameCorp")
	case !c.Individual && len(c.Receivers) == 0 && !open:
		return errors.New("no Receivers, AcceptReceiver or CorpPath: nothing could be received")
	case !c.Individual && !lists:
		return errors.New("no VerifyReceivers (the provider's corp id): WeCom could not verify the URL")
	case c.MaxBody < 0 || c.MaxBody > crypto.MaxEnvelope:
		return fmt.Errorf("MaxBody %d is not between 0 and %d", c.MaxBody, crypto.MaxEnvelope)
	case c.Timeout < 0:
		return errors.New("negative Timeout")
	case c.ReplayWindow < 0 || c.ClockSkew < 0:
		return errors.New("negative ReplayWindow or ClockSkew")
	}
	return nil
}

func (a *app) setKeys(cfg Config) error {
	pairs := append([]OldKey{{}}, cfg.OldKeys...)
	for i, pair := range pairs {
		if i > 0 && pair.Token == "" && pair.AESKey == "" {
			return fmt.Errorf("number %d of OldKeys is empty", i)
		}
		codec, err := crypto.New(cmp.Or(pair.Token, cfg.Token), cmp.Or(pair.AESKey, cfg.AESKey))
		if err != nil {
			if i > 0 {
				err = fmt.Errorf("number %d of OldKeys: %w", i, err)
			}
			return err
		}
		a.keys = append(a.keys, key{codec, pair.Until})
	}
	return nil
}

func (a *app) setReceivers(cfg Config) (err error) {
	if a.individual {
		a.opens = crypto.Individual()
		a.verifies = a.opens
		return nil
	}
	for _, id := range cfg.VerifyReceivers {
		if !slices.Contains(a.receivers, id) {
			a.guests = append(a.guests, id)
		}
	}
	if a.verifies, err = crypto.NewReceivers(slices.Concat(a.receivers, a.guests)...); err != nil {
		return err
	}
	a.opens = a.verifies
	switch {
	case a.accept != nil:
		a.opens = a.opens.WithResolver(a.accept)
	case a.corpPath != "":
		a.opens = a.opens.WithResolver(func(string) bool { return true }) // admits compares with the path
	}
	return nil
}

// verify reports whether m was signed with a Token of the app, be it one that has
// expired: open sees to that.
func (a *app) verify(m crypto.Sealed) bool {
	for i := range a.keys {
		if a.keys[i].codec.Verify(m) == nil {
			return true
		}
	}
	return false
}

// open opens m with the key it was made with, and returns that key's codec. Keys
// with the same Token are told apart by what they make of m: with the wrong one
// padding, layout and receiver do not come out right.
func (a *app) open(dst []byte, m crypto.Sealed, allowed *crypto.Receivers) (codec *crypto.Codec, msg crypto.Message, err error) {
	for i := range a.keys {
		k := &a.keys[i]
		if k.expired() {
			continue
		}
		msg, e := k.codec.Open(dst, m, allowed)
		if e == nil {
			return k.codec, msg, a.checkAge(m.Timestamp)
		}
		// What the key of the right Token says tells most, and what comes after a
		// successful decryption even more.
		if err == nil || errors.Is(err, crypto.ErrSignature) || errors.Is(e, crypto.ErrReceiver) {
			err = e
		}
	}
	return nil, crypto.Message{}, err
}

// checkAge refuses what was signed too long ago, or in the future.
func (a *app) checkAge(timestamp string) error {
	if a.window == 0 {
		return nil
	}
	sec, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return ErrReplay
	}
	if age := time.Since(time.Unix(sec, 0)); age > a.window+a.skew || age < -a.skew {
		return ErrReplay
	}
	return nil
}

// claim is how strongly an app claims an id.
type claim int

const (
	noClaim    claim = iota
	byResolver       // AcceptReceiver takes it
	asGuest          // one of VerifyReceivers
	asReceiver       // one of Receivers
)

// claims says how strongly the app claims id, for a request with corp in its path.
func (a *app) claims(id, corp string) claim {
	switch {
	case id == "":
		return noClaim
	case slices.Contains(a.receivers, id):
		return asReceiver
	case slices.Contains(a.guests, id):
		return asGuest
	case a.accept != nil && a.accept(id):
		return byResolver
	case a.accept == nil && a.corpPath != "" && a.sameCorp(id, corp):
		return byResolver
	}
	return noClaim
}

// admits checks that the message agrees with the receiver it was encrypted for,
// which is one of those that the app accepts, and with the corp in the path.
func (a *app) admits(env *Envelope, corp string) error {
	if a.individual {
		return nil
	}
	how := a.claims(env.Receiver, corp)
	if a.corpPath != "" {
		// What is encrypted for a suite id names its corp in the message only.
		if how != asReceiver && !a.sameCorp(env.Receiver, corp) {
			return ErrPath
		}
		if (how == asReceiver || env.Form == FormApp) && env.CorpID != "" && !a.sameCorp(env.CorpID, corp) {
			return ErrPath
		}
	}
	agrees := true
	switch how {
	case asReceiver:
	case asGuest:
		agrees = slices.Contains(a.receivers, env.SuiteID)
	default:
		agrees = env.Form != FormApp || env.CorpID == "" || a.sameCorp(env.CorpID, env.Receiver) ||
			a.same == nil && a.claims(env.CorpID, corp) != noClaim
	}
	if !agrees {
		return &crypto.ReceiverError{Got: env.Receiver, Allowed: a.receivers, Resolver: a.accept != nil}
	}
	return nil
}

// sameCorp reports whether two ids name one corp. Case matters: encrypted ids
// differ in it.
func (a *app) sameCorp(x, y string) bool {
	return x != "" && y != "" && (x == y || a.same != nil && a.same(x, y))
}

// corpOf returns the corp id in the path of r.
func (a *app) corpOf(r *http.Request) string {
	if a.corpPath == "" {
		return ""
	}
	return r.PathValue(a.corpPath)
}

// takesNothing reports whether WeCom takes an empty answer to env, which it does
// at data URLs and the URLs of apps: there, messages in app form are encrypted for
// the corp. Those at a command URL are encrypted for the suite.
func (a *app) takesNothing(env *Envelope) bool {
	return env.Form == FormApp && (env.Receiver == env.CorpID || !slices.Contains(a.receivers, env.Receiver))
}

// intern returns the text of id, without a copy for the ids of the configuration.
func (a *app) intern(id []byte) string {
	for _, known := range a.receivers {
		if string(id) == known {
			return known
		}
	}
	return string(id)
}

// deadline returns how long a handler of kind may take.
func (a *app) deadline(kind Kind) time.Duration {
	if a.timeout > 0 {
		return a.timeout
	}
	switch kind {
	case KindCreateAuth, KindChangeAuth, KindCancelAuth, KindResetPermanentCode, KindDeviceDataAuthChange:
		return authTimeout
	default:
		return defaultTimeout
	}
}
