package wecomtest

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Platform is one simulated WeCom with one service provider (服务商), any number
// of apps and corps, and its own clock. It is safe for concurrent use.
type Platform struct {
	settings settings
	secrets  *secretMaker
	table    endpointTable
	handlers map[string]handler
	server   *httptest.Server // nil: WithoutServer
	url      string           // of the API and the pages
	offset   atomic.Int64     // of the platform's clock to the machine's

	done    chan struct{}  // closed by Close
	running sync.WaitGroup // requests and in-process receivers

	mu           sync.Mutex // guards everything below and the state of all handles
	closed       bool
	provider     *Provider
	apps         map[string]*App
	corps        []*Corp
	corpByID     map[string]*Corp
	grants       []*grant
	packages     map[string]*Package
	tickets      map[string]*suiteTicket
	tokens       map[string]*token
	latest       map[tokenKey]*token
	preAuth      map[string]*preAuthCode
	authCodes    map[string]*authCode
	userCodes    map[string]*userCode
	userTicket   map[string]*userTicket
	registers    map[string]*registration
	authLinks    map[string]*authLink
	faults       []*activeFault
	calls        history[RecordedCall]
	deliveries   history[Delivery]
	messages     history[Message]
	recorded     chan struct{} // closed at the next entry of these; nil: nobody waits
	mounts       []mount
	cardCodes    map[string]*cardCode
	chats        map[string]*chat
	receivers    map[string]http.Handler
	allowedIPs   map[string]bool
	lockouts     map[string]lockout // by source address
	media        map[string]*medium
	jobs         []*importJob // that have not ended
	meters       map[meterKey]*meter
	inFlight     map[meterKey]int
	advanced     chan struct{} // closed and replaced by Advance
	outbox       []contactEvent
	telling      bool // somebody is pushing what is in the outbox
	shop         shop
	ids          idBook
	translations map[string]*translation
	agents       int64
	messageIDs   int64
}

// NewPlatform starts a platform that is closed at the end of the test. A bad option
// fails the test.
func NewPlatform(tb testing.TB, opts ...Option) *Platform {
	tb.Helper()
	p, err := Start(opts...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(p.Close)
	return p
}

// Start starts a platform outside a test: for examples and programs. The caller
// closes it. An error names the option that is at fault.
func Start(opts ...Option) (*Platform, error) {
	s := settings{
		strict:              true,
		omitErrcode:         true,
		providerExpiredCode: 42001,
		jobDuration:         defaultJobDuration,
		tries:               pushTries,
	}
	for _, opt := range opts {
		if err := opt(&s); err != nil {
			return nil, err
		}
	}
	if err := s.checkListen(); err != nil {
		return nil, err
	}
	table, err := loadTable()
	if err != nil {
		return nil, err
	}
	p := newPlatform(s, table)
	p.provider = newProvider(p, s.provider)
	if err := p.provider.check(); err != nil {
		return nil, err
	}
	if s.control {
		p.mounts = append(p.mounts, mount{prefix: controlPrefix, h: p.controlHandler()})
	}
	if s.noServer {
		return p, nil
	}
	if err := p.listen(); err != nil {
		return nil, err
	}
	return p, nil
}

func newPlatform(s settings, table endpointTable) *Platform {
	p := &Platform{
		settings:     s,
		secrets:      newSecretMaker(s.seed, s.secret),
		table:        table,
		url:          "https://wecomtest.invalid",
		handlers:     statefulHandlers(),
		done:         make(chan struct{}),
		apps:         map[string]*App{},
		corpByID:     map[string]*Corp{},
		packages:     map[string]*Package{},
		tickets:      map[string]*suiteTicket{},
		tokens:       map[string]*token{},
		latest:       map[tokenKey]*token{},
		preAuth:      map[string]*preAuthCode{},
		authCodes:    map[string]*authCode{},
		userCodes:    map[string]*userCode{},
		userTicket:   map[string]*userTicket{},
		registers:    map[string]*registration{},
		authLinks:    map[string]*authLink{},
		receivers:    map[string]http.Handler{},
		lockouts:     map[string]lockout{},
		cardCodes:    map[string]*cardCode{},
		chats:        map[string]*chat{},
		media:        map[string]*medium{},
		meters:       map[meterKey]*meter{},
		inFlight:     map[meterKey]int{},
		advanced:     make(chan struct{}),
		shop:         newShop(),
		ids:          newIDBook(),
		translations: map[string]*translation{},
		agents:       1000000,
	}
	p.calls.limit, p.deliveries.limit, p.messages.limit = s.history, s.history, s.history
	return p
}

// Close shuts the server down, ends waiting faults and waits for requests and
// in-process receivers; connections that are busy after a second are cut. Further
// calls do nothing.
func (p *Platform) Close() {
	p.mu.Lock()
	first := !p.closed
	p.closed = true
	p.mu.Unlock()
	if !first {
		return
	}
	close(p.done)
	if p.server != nil {
		// A client that sends half a request, or reads a stream, would hold up the end.
		cut := time.AfterFunc(closeGrace, p.server.CloseClientConnections)
		p.server.Close()
		cut.Stop()
	}
	p.running.Wait()
}

// closeGrace is how long Close lets requests of the server run on.
const closeGrace = time.Second

// begin counts one more activity that Close waits for; false after Close.
func (p *Platform) begin() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.running.Add(1)
	return true
}

// URL is the address of the API and of the pages: a loopback address, or
// https://wecomtest.invalid when there is no server ([WithoutServer]); then only
// [Platform.Transport] reaches the platform.
//
// A browser that opens the path and query of one of WeCom's pages there is shown
// that page, simulated: it chooses the corp or member and agrees or declines, which
// does what [Corp.Authorize], [Corp.Login], [Corp.Refuse], [Corp.Scan],
// [Platform.Register] or [Corp.OpenPayment] do. An install address must be reached
// from a page of the app's RedirectDomain, by Referer. At / is a home page with
// links to each corp's admin console, to the client of each member and to the
// orders. All pages are in Chinese and English (Accept-Language, ?lang).
func (p *Platform) URL() string { return p.url }

// Provider is the service provider (服务商) whose platform this is.
func (p *Platform) Provider() *Provider { return p.provider }

// Now is the time on the platform's clock.
func (p *Platform) Now() time.Time { return time.Now().Add(time.Duration(p.offset.Load())) }

// Advance moves the platform's clock forward: tickets, tokens and codes age, and
// later pushes carry the later time. It waits for nothing, and the machine's
// clock, which the client under test reads, stays as it is.
func (p *Platform) Advance(d time.Duration) {
	p.offset.Add(int64(d))
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.advanced) // wakes whoever waits for a time on this clock
	p.advanced = make(chan struct{})
}
