package register_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/corp/contact"
	"github.com/wecom-isv/wecom/provider"
	"github.com/wecom-isv/wecom/register"
	"github.com/wecom-isv/wecom/wecomtest"
)

// newcomer is a corp that has just registered with a provider, on the simulator.
type newcomer struct {
	platform *wecomtest.Platform
	client   *register.Client
	code     wecom.Secret
	corp     *wecomtest.Corp
}

// newNewcomer registers a corp. wrap stands between the client and the platform; it
// may be nil.
func newNewcomer(tb testing.TB, wrap func(http.RoundTripper) http.RoundTripper, opts ...wecomtest.Option) *newcomer {
	tb.Helper()
	platform := wecomtest.NewPlatform(tb, append([]wecomtest.Option{wecomtest.WithoutServer()}, opts...)...)
	pkg := platform.NewPackage(wecomtest.PackageConfig{Apps: []*wecomtest.App{platform.NewApp(wecomtest.AppConfig{})}, ContactMigration: true})
	transport := platform.Transport()
	if wrap != nil {
		transport = wrap(transport)
	}
	api, err := wecom.New(wecom.WithBaseURL(platform.URL()), wecom.WithTransport(transport))
	require.NoError(tb, err)
	p, err := provider.New(api, provider.Config{CorpID: platform.Provider().CorpID, Secret: platform.Provider().Secret})
	require.NoError(tb, err)
	client := register.New(p)
	link, err := client.Start(tb.Context(), register.GetRegisterCodeRequest{TemplateID: pkg.TemplateID})
	require.NoError(tb, err)
	corp, err := platform.Register(tb.Context(), link.URL, wecomtest.RegisterForm{CorpName: "新企业", Admin: wecomtest.User{ID: "creator", Mobile: "13900000000"}})
	require.NoError(tb, err)
	return &newcomer{platform: platform, client: client, code: link.Code, corp: corp}
}

// contacts asks for the contact token, as [register.MigrateConfig.Renew] does.
func (n *newcomer) contacts(ctx context.Context) (*register.Contacts, error) {
	info, err := n.client.GetRegisterInfo(ctx, n.code)
	if err != nil {
		return nil, err
	}
	return n.client.FromInfo(info)
}

func (n *newcomer) migrate(ctx context.Context, tb testing.TB, plan *register.Plan, cfg register.MigrateConfig) (*register.Report, error) {
	tb.Helper()
	contacts, err := n.contacts(ctx)
	require.NoError(tb, err)
	return contacts.Migrate(ctx, plan, cfg)
}

// unlocked counts the calls of contact_sync_success that the platform has carried
// out.
func (n *newcomer) unlocked() int {
	count := 0
	for _, call := range n.platform.Calls(successPath) {
		if call.Code == 0 && len(call.Reply) > 0 && call.Reply[0] == '{' {
			count++
		}
	}
	return count
}

// paths are the paths that were called, each once, in the order of their first
// call.
func (n *newcomer) paths() []string {
	var paths []string
	seen := map[string]bool{}
	for _, call := range n.platform.Calls() {
		if path := strings.TrimPrefix(call.Path, "/cgi-bin/"); !seen[path] {
			seen[path] = true
			paths = append(paths, path)
		}
	}
	return paths
}

// assertTree compares what is in the corp with what was planned.
func (n *newcomer) assertTree(tb testing.TB, departments []contact.CreateDepartmentRequest, users []contact.CreateUserRequest) {
	tb.Helper()
	planned := map[int64]contact.CreateDepartmentRequest{}
	for _, d := range departments {
		planned[d.ID] = d
	}
	there := n.corp.Departments()
	assert.Len(tb, there, len(departments)+1, "the root and the planned ones, none twice")
	for _, d := range there {
		if want := planned[d.ID]; d.ID != 1 {
			assert.Equal(tb, want, contact.CreateDepartmentRequest{ID: d.ID, Name: d.Name, NameEn: d.NameEn, ParentID: d.ParentID, Order: d.Order})
		}
	}
	people := map[string]wecomtest.User{}
	for _, u := range n.corp.Users() {
		people[u.ID] = u
	}
	assert.Len(tb, people, len(users)+1, "the administrator and the planned ones, nobody twice")
	for _, want := range users {
		got, ok := people[want.UserID]
		if assert.True(tb, ok, "%s is missing", want.UserID) {
			assertUser(tb, want, got)
		}
	}
}

func assertUser(tb testing.TB, want contact.CreateUserRequest, got wecomtest.User) {
	tb.Helper()
	var leads []int64
	for i, leader := range want.IsLeaderInDept {
		if leader == 1 {
			leads = append(leads, want.Department[i])
		}
	}
	gender := string(want.Gender)
	if gender == "" {
		gender = "0"
	}
	assert.Equal(tb, fmt.Sprint(want.Name, want.Mobile, want.Email, want.Department, want.Position, gender, leads, want.DirectLeader),
		fmt.Sprint(got.Name, got.Mobile, got.Email, got.Departments, got.Position, got.Gender, got.LeaderOf, strings.Fields(got.DirectLeader)), want.UserID)
}

// company makes a plan of people in departments of three levels. Every tenth person
// leads, and the others of the department have that person as their leader; people
// such as leave to the plain ones nothing that a file could not hold.
func company(people, departments int, plain bool) ([]contact.CreateDepartmentRequest, []contact.CreateUserRequest) {
	var deps []contact.CreateDepartmentRequest
	for i := range departments {
		parent := int64(1)
		if i >= 10 {
			parent = int64(i/10 + 1)
		}
		deps = append(deps, contact.CreateDepartmentRequest{ID: int64(i + 2), ParentID: parent, Name: fmt.Sprintf("部门%d", i+1), Order: int64(departments - i)})
	}
	var users []contact.CreateUserRequest
	for i := range people {
		u := person(fmt.Sprintf("u%d", i), i, int64(i%departments+2))
		u.Position = "工程师"
		switch {
		case i < departments:
			u.IsLeaderInDept, u.Gender = []int32{1}, contact.GenderFemale
		case !plain:
			u.DirectLeader = []string{fmt.Sprintf("u%d", i%departments)}
		}
		users = append(users, u)
	}
	return deps, users
}

// memory is a checkpoint in memory.
type memory struct {
	mu   sync.Mutex
	data []byte
}

func (m *memory) Load(context.Context) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.data, nil
}

func (m *memory) Save(_ context.Context, data []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.data = data
	return nil
}

var errCut = errors.New("connection cut")

// faulty lets one call in a hundred fail so many times, in every way there is. The
// token of the provider is spared.
type faulty struct {
	next    http.RoundTripper
	percent int
	codes   []string // JSON of the refusals

	mu    sync.Mutex
	dice  *rand.Rand
	count atomic.Int64
}

func newFaulty(next http.RoundTripper, percent int, seed uint64) *faulty {
	return &faulty{
		next: next, percent: percent, dice: rand.New(rand.NewPCG(seed, seed)),
		codes: []string{`{"errcode":-1,"errmsg":"system busy"}`, `{"errcode":45009,"errmsg":"api freq out of limit"}`},
	}
}

func (f *faulty) roll() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dice.IntN(100) >= f.percent {
		return -1
	}
	f.count.Add(1)
	return f.dice.IntN(len(f.codes) + 4)
}

func (f *faulty) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasPrefix(r.URL.Path, "/cgi-bin/service/") {
		return f.next.RoundTrip(r)
	}
	kind := f.roll()
	if kind < 0 {
		return f.next.RoundTrip(r)
	}
	if kind < len(f.codes) {
		return f.instead(r, http.StatusOK, f.codes[kind])
	}
	switch kind - len(f.codes) {
	case 0: // lost on the way
		_, err := f.instead(r, 0, "")
		return nil, errors.Join(errCut, err)
	case 1: // the reply is lost
		_, err := f.next.RoundTrip(r)
		return nil, errors.Join(errCut, err)
	case 2:
		return f.instead(r, http.StatusBadGateway, "<html>")
	default: // carried out, and the gateway fails after that
		if _, err := f.next.RoundTrip(r); err != nil {
			return nil, err
		}
		return httpmock.NewStringResponse(http.StatusBadGateway, "<html>"), nil
	}
}

// instead answers for the platform.
func (f *faulty) instead(r *http.Request, status int, body string) (*http.Response, error) {
	if r.Body != nil {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return nil, err
		}
		if err := r.Body.Close(); err != nil {
			return nil, err
		}
	}
	return httpmock.NewStringResponse(status, body), nil
}

// roundTripper is a function as a transport.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
