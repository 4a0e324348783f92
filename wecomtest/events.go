package wecomtest

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/wecom-isv/wecom/testdata"
)

// EventForm is the form that an event has: which elements every event of it carries.
type EventForm string

// The forms of the event table.
const (
	SuiteForm    EventForm = "suite"    // SuiteId, InfoType, TimeStamp
	ProviderForm EventForm = "provider" // ServiceCorpId, InfoType, TimeStamp
	AppForm      EventForm = "app"      // ToUserName, FromUserName, CreateTime, MsgType
)

// EventReceiver is the kind of callback URL that an event comes to.
type EventReceiver string

// The callback URLs of a service provider.
const (
	CommandURL     EventReceiver = "command_url"      // 指令回调URL of a third-party app or template
	DataURL        EventReceiver = "data_url"         // 数据回调URL, or the URL of a customised app
	SystemEventURL EventReceiver = "system_event_url" // 系统事件接收URL of the provider
)

// EventInfo is one event or message that WeCom pushes, as the event table
// describes it. docs/events.md lists them.
type EventInfo struct {
	ID         string // form and name: suite:suite_ticket, app:msg.text
	Name       string // without the form; the suite and the app form share 44 names
	Title      string
	Form       EventForm
	Receiver   EventReceiver
	Deadline   time.Duration // for the answer
	Answer     string        // the body wanted; "": any with HTTP 200, also a passive reply
	Kind       string        // Delivery.Kind of it: change_contact.create_user, event.click
	Docs       []int         // https://developer.work.weixin.qq.com/document/path/N
	Confidence string        // official, mixed or peers: who documents it
	Fields     []EventField
	Example    string // XML
}

// EventField is one element of an event.
type EventField struct {
	Name     string
	Path     string // below the root: ExtAttr/Item/Name
	Type     string // string, int, int64, float, csv, csv_int, group; []string, []int, []group for repeated ones
	Optional bool   // may be absent or empty
	Note     string
}

// repeated tells whether the element may occur several times.
func (f EventField) repeated() bool { return strings.HasPrefix(f.Type, "[]") }

// numeric tells whether the element holds one number.
func (f EventField) numeric() bool {
	switch f.Type {
	case "int", "int64", "float", "[]int":
		return true
	}
	return false
}

func (f EventField) group() bool { return strings.HasSuffix(f.Type, "group") }

// anyAnswer tells whether every answer with HTTP 200 counts.
func (e *EventInfo) anyAnswer() bool { return e.Answer == "" }

// field finds an element by its path.
func (e *EventInfo) field(path string) (EventField, bool) {
	i := slices.IndexFunc(e.Fields, func(f EventField) bool { return f.Path == path })
	if i < 0 {
		return EventField{}, false
	}
	return e.Fields[i], true
}

// Events are all events and messages of the event table, in its order.
func Events() []EventInfo {
	table, err := loadEvents()
	if err != nil {
		return nil // The table is part of the program and a test reads it.
	}
	all := make([]EventInfo, len(table))
	for i, e := range table {
		all[i] = e.clone()
	}
	return all
}

func (e *EventInfo) clone() EventInfo {
	c := *e
	c.Docs, c.Fields = slices.Clone(e.Docs), slices.Clone(e.Fields)
	return c
}

// FindEvent finds an event by its id (suite:suite_ticket) or name (suite_ticket).
// A name that two forms share stands for the one of the suite form. The error is
// an [*UnknownEventError].
func FindEvent(id string) (EventInfo, error) {
	e, err := findEvent(id)
	if err != nil {
		return EventInfo{}, err
	}
	return e.clone(), nil
}

func findEvent(id string) (*EventInfo, error) {
	table, err := loadEvents()
	if err != nil {
		return nil, err
	}
	for _, e := range table { // The suite form comes first.
		if e.ID == id || e.Name == id {
			return e, nil
		}
	}
	names := make([]string, len(table))
	for i, e := range table {
		names[i] = e.ID
	}
	return nil, &UnknownEventError{ID: id, Nearest: nearest(id, names)}
}

// UnknownEventError says that the event table has no such event.
type UnknownEventError struct {
	ID      string
	Nearest []string // ids that look like it, the likeliest first
}

// Error names the ids that look like it.
func (e *UnknownEventError) Error() string {
	return fmt.Sprintf("wecomtest: no event %q%s", e.ID, didYouMean(e.Nearest))
}

func didYouMean(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "; did you mean " + strings.Join(names, ", ") + "?"
}

// eventRow is an event as the files hold it.
type eventRow struct {
	ID         string        `yaml:"id"`
	Title      string        `yaml:"title"`
	Receiver   EventReceiver `yaml:"receiver"`
	Form       EventForm     `yaml:"form"`
	InfoType   string        `yaml:"info_type"`
	MsgType    string        `yaml:"msg_type"`
	Event      string        `yaml:"event"`
	ChangeType string        `yaml:"change_type"`
	Docs       []int         `yaml:"docs"`
	Confidence string        `yaml:"confidence"`
	Example    string        `yaml:"example"`
	Ack        struct {
		Body       string `yaml:"body"`
		DeadlineMS int64  `yaml:"deadline_ms"`
	} `yaml:"ack"`
	Fields []struct {
		Name     string `yaml:"name"`
		Type     string `yaml:"type"`
		Path     string `yaml:"path"`
		Optional bool   `yaml:"optional"`
		Note     string `yaml:"note"`
	} `yaml:"fields"`
}

// loadEvents reads the table once per process; nothing changes it afterwards.
var loadEvents = sync.OnceValues(func() ([]*EventInfo, error) {
	var table []*EventInfo
	for _, name := range []string{"events/suite.yaml", "events/data.yaml"} {
		text, err := fs.ReadFile(testdata.Files, name)
		if err != nil {
			return nil, err
		}
		var file struct {
			Events []eventRow `yaml:"events"`
		}
		if err := yaml.Unmarshal(text, &file); err != nil {
			return nil, fmt.Errorf("wecomtest: %s: %w", name, err)
		}
		for _, row := range file.Events {
			table = append(table, row.info())
		}
	}
	return table, nil
})

func (r *eventRow) info() *EventInfo {
	e := &EventInfo{
		ID: string(r.Form) + ":" + r.ID, Name: r.ID, Title: r.Title, Form: r.Form, Receiver: r.Receiver,
		Deadline: time.Duration(r.Ack.DeadlineMS) * time.Millisecond, Answer: r.Ack.Body,
		Kind: eventKind(r.InfoType, r.MsgType, r.Event, r.ChangeType),
		Docs: r.Docs, Confidence: r.Confidence, Example: r.Example,
	}
	for _, f := range r.Fields {
		path := strings.ReplaceAll(strings.TrimPrefix(f.Path, "/xml/"), "[]", "")
		e.Fields = append(e.Fields, EventField{Name: f.Name, Path: path, Type: f.Type, Optional: f.Optional, Note: f.Note})
	}
	return e
}

// nearest are the up to three candidates that look most like name.
func nearest(name string, candidates []string) []string {
	const most = 3
	name = strings.ToLower(name)
	type scored struct {
		name  string
		score int
	}
	var alike []scored
	for _, candidate := range candidates {
		lower := strings.ToLower(candidate)
		score := distance(name, lower)
		if _, bare, prefixed := strings.Cut(lower, ":"); prefixed {
			score = min(score, distance(name, bare))
		}
		if name != "" && strings.Contains(lower, name) {
			score = 1 // Part of it: likelier than a typing error.
		}
		if score <= max(2, len(name)/3) {
			alike = append(alike, scored{candidate, score})
		}
	}
	slices.SortStableFunc(alike, func(a, b scored) int { return cmp.Compare(a.score, b.score) })
	var names []string
	for _, c := range alike[:min(most, len(alike))] {
		names = append(names, c.name)
	}
	return names
}

// distance is the number of bytes to insert, drop or replace to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
