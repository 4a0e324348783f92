package callback

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/wecom-isv/wecom/crypto"
)

// Config is one callback URL of one app: what the console of WeCom shows for it,
// and how its callbacks are handled.
type Config struct {
	// Token and AESKey are the Token and the EncodingAESKey of the URL. Required.
	Token  string `json:"-"`
	AESKey string `json:"-"`

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
	// that be another id.
	AcceptReceiver func(id string) bool
	// Individual is set for an app of an individual subject (个人主体), which has
	// no corp: its callbacks are encrypted for the empty id. It excludes the three
	// above.
	Individual bool

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
	// Logger gets what goes wrong, never with an id, a secret or a part of a
	// message: at Debug requests that do not come from WeCom, at Warn messages
	// with a right signature that cannot be read or are for somebody else, at
	// Error events that a handler or queue refused, with the text of its error,
	// which is not edited. Default: none.
	Logger *slog.Logger
	// OnReject is told about each request that is refused, with the whole reason,
	// as a [*crypto.ReceiverError] with the ids that do not agree. It is
	// called before the answer, so it must be fast. When several configs share a
	// handler and none is found for the request, the first one's is called; so it
	// is with the Logger. Default: none.
	OnReject func(r *http.Request, err error)
}

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
	codec      *crypto.Codec
	opens      *crypto.Receivers // all ids below, before the message is known; see admits
	individual bool
	receivers  []string
	guests     []string // VerifyReceivers that are not in receivers
	accept     func(id string) bool

	maxBody  int64
	timeout  time.Duration
	queue    Queue
	logger   *slog.Logger
	onReject func(*http.Request, error)
}

func newApp(cfg Config) (*app, error) {
	codec, err := crypto.New(cfg.Token, cfg.AESKey)
	if err != nil {
		return nil, err
	}
	a := &app{
		codec:      codec,
		individual: cfg.Individual,
		receivers:  slices.Clone(cfg.Receivers),
		accept:     cfg.AcceptReceiver,
		maxBody:    cfg.MaxBody,
		timeout:    cfg.Timeout,
		queue:      cfg.Queue,
		logger:     cfg.Logger,
		onReject:   cfg.OnReject,
	}
	for _, id := range cfg.VerifyReceivers {
		if !slices.Contains(a.receivers, id) {
			a.guests = append(a.guests, id)
		}
	}
	switch {
	case cfg.Individual && (len(cfg.Receivers) > 0 || len(cfg.VerifyReceivers) > 0 || cfg.AcceptReceiver != nil):
		return nil, errors.New("config field Individual excludes Receivers, VerifyReceivers and AcceptReceiver")
	case !cfg.Individual && len(cfg.Receivers) == 0 && cfg.AcceptReceiver == nil:
		return nil, errors.New("no Receivers and no AcceptReceiver: nothing could be received")
	case cfg.MaxBody < 0 || cfg.MaxBody > crypto.MaxEnvelope:
		return nil, fmt.Errorf("MaxBody %d is not between 0 and %d", cfg.MaxBody, crypto.MaxEnvelope)
	case cfg.Timeout < 0:
		return nil, errors.New("negative Timeout")
	}
	if cfg.Individual {
		a.opens = crypto.Individual()
	} else {
		if a.opens, err = crypto.NewReceivers(slices.Concat(a.receivers, a.guests)...); err != nil {
			return nil, err
		}
		if cfg.AcceptReceiver != nil {
			a.opens = a.opens.WithResolver(cfg.AcceptReceiver)
		}
	}
	if a.maxBody == 0 {
		a.maxBody = crypto.MaxEnvelope
	}
	if a.logger == nil {
		a.logger = slog.New(slog.DiscardHandler)
	}
	return a, nil
}

// claim is how strongly an app claims an id.
type claim int

const (
	noClaim    claim = iota
	byResolver       // AcceptReceiver takes it
	asGuest          // one of VerifyReceivers
	asReceiver       // one of Receivers
)

func (a *app) claims(id string) claim {
	switch {
	case id == "":
		return noClaim
	case slices.Contains(a.receivers, id):
		return asReceiver
	case slices.Contains(a.guests, id):
		return asGuest
	case a.accept != nil && a.accept(id):
		return byResolver
	}
	return noClaim
}

// admits checks that the message agrees with the receiver it was encrypted for,
// which is one of those that the app accepts.
func (a *app) admits(env *Envelope) bool {
	if a.individual {
		return true
	}
	switch a.claims(env.Receiver) {
	case asReceiver:
		return true
	case asGuest:
		return slices.Contains(a.receivers, env.SuiteID)
	default:
		return env.Form != FormApp || env.CorpID == "" || env.CorpID == env.Receiver || a.claims(env.CorpID) != noClaim
	}
}

// deadline returns how long a handler of kind may take.
func (a *app) deadline(kind Kind) time.Duration {
	if a.timeout > 0 {
		return a.timeout
	}
	switch kind {
	case KindCreateAuth, KindChangeAuth, KindCancelAuth, KindResetPermanentCode, kindDeviceDataAuthChange:
		return authTimeout
	default:
		return defaultTimeout
	}
}

// kindDeviceDataAuthChange has the deadline of the authorisation events.
const kindDeviceDataAuthChange Kind = "suite:device_data_auth_change"
