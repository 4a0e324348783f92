package wecomtest

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
)

const (
	usualHits = 50
	maxHits   = 200
)

func searchHandlers() map[string]handler {
	return map[string]handler{
		"provider.contact.search":      (*Platform).searchContacts,
		"provider.contact.batchsearch": (*Platform).searchManyContacts,
		"provider.contact.sort":        (*Platform).sortContacts,
	}
}

// searched is the corp and the part of its contact list that a search sees: the
// visible range of one app, or of all apps of the provider.
type searched struct {
	corp   *Corp
	grants []*grant
}

// searchRange reads auth_corpid and agentid.
func (p *Platform) searchRange(c *call) (*searched, error) {
	corp, err := p.customer(c, "auth_corpid")
	if err != nil {
		return nil, err
	}
	s := &searched{corp: corp}
	for g := range corp.living() {
		if c.amount("agentid") == 0 || g.agentID == c.amount("agentid") {
			s.grants = append(s.grants, g)
		}
	}
	switch {
	case len(s.grants) > 0:
		return s, nil
	case c.amount("agentid") != 0:
		return nil, refuse(40056)
	}
	return nil, refuse(48004)
}

func (s *searched) sees(u *User) bool {
	return slices.ContainsFunc(s.grants, func(g *grant) bool { return g.visible(u) })
}

func (s *searched) seesDepartment(id int64) bool {
	return slices.ContainsFunc(s.grants, func(g *grant) bool { return g.covers(id) })
}

func (p *Platform) searchContacts(c *call) (any, error) {
	s, err := p.searchRange(c)
	if err != nil {
		return nil, err
	}
	return s.search(c)
}

// searchManyContacts repeats each request beside its result; one that fails has an
// errcode of its own, is not the last page, and can be sent again as it is.
func (p *Platform) searchManyContacts(c *call) (any, error) {
	s, err := p.searchRange(c)
	if err != nil {
		return nil, err
	}
	results := []any{}
	for _, one := range c.objects("query_request_list") {
		r, err := s.search(one)
		if refusal, ok := errors.AsType[*apiError](err); ok {
			r = reply{
				"query_result": map[string]any{}, "is_last": false, "next_cursor": one.text("cursor"),
				"errcode": refusal.code, "errmsg": refusal.text,
			}
		}
		r["query_request"] = one.body
		results = append(results, map[string]any(r))
	}
	return reply{"query_result_list": results}, nil
}

// search looks for names and English names. Pinyin is not simulated, and nobody
// who has left is kept.
func (s *searched) search(c *call) (reply, error) {
	const users, departments = 1, 2
	result := map[string]any{}
	limit := min(cmp.Or(c.amount("limit"), usualHits), maxHits)
	page := &call{body: map[string]any{"limit": json.Number(strconv.FormatInt(limit, 10)), "cursor": c.text("cursor")}}
	kind, last := c.amount("query_type"), true
	var next string
	if kind != departments {
		found, more, err := hits(page, s.users(c))
		if err != nil {
			return nil, err
		}
		ids, openIDs := []string{}, []string{}
		for _, u := range found {
			ids, openIDs = append(ids, u.ID), append(openIDs, u.OpenUserID)
		}
		result["user"] = map[string]any{"userid": ids, "open_userid": openIDs}
		last, next = more == "", more
	}
	if kind != users {
		found, more, err := hits(page, s.departments(c))
		if err != nil {
			return nil, err
		}
		result["party"] = map[string]any{"department_id": list(found)}
		last, next = last && more == "", cmp.Or(next, more)
	}
	return reply{"query_result": result, "is_last": last, "next_cursor": next}, nil
}

// hits is one page, and the cursor of the next. A list that has ended before the
// cursor is empty: users and departments share it.
func hits[T any](c *call, all []T) (page []T, next string, err error) {
	from, err := strconv.ParseInt(cmp.Or(c.text("cursor"), "0"), 36, 64)
	switch {
	case err != nil || from < 0:
		return nil, "", refusef(40058, "invalid parameter cursor")
	case from > 0 && from >= int64(len(all)):
		return nil, "", nil
	}
	r := reply{}
	page, err = pageOf(c, all, usualHits, maxHits, 40058, r)
	next, _ = r["next_cursor"].(string)
	return page, next, err
}

func (s *searched) users(c *call) []*User {
	var found []*User
	for _, u := range s.corp.users {
		if s.sees(u) && matches(c, u.Name, u.Alias) {
			found = append(found, u)
		}
	}
	return found
}

func (s *searched) departments(c *call) []int64 {
	var found []int64
	for id, d := range s.corp.departments {
		if s.seesDepartment(id) && matches(c, d.name, "") {
			found = append(found, id)
		}
	}
	slices.Sort(found)
	return found
}

// matches compares a name and an English name with the word of a search.
func matches(c *call, name, english string) bool {
	const byName, byEnglish = 1, 2
	word := c.text("query_word")
	switch c.amount("full_match_field") {
	case byName:
		return name == word
	case byEnglish:
		return english == word
	}
	has := func(text string) bool { return strings.Contains(strings.ToLower(text), strings.ToLower(word)) }
	return has(name) || english != "" && has(english)
}

// sortContacts sorts by name or alias in the order of their characters: pinyin is
// not simulated. A member outside the provider's range is refused with 60111.
func (p *Platform) sortContacts(c *call) (any, error) {
	s, err := p.searchRange(c)
	if err != nil {
		return nil, err
	}
	var users []*User
	for _, id := range c.texts("useridlist") {
		u := s.corp.user(id)
		if u == nil || !s.sees(u) {
			return nil, refuse(60111)
		}
		users = append(users, u)
	}
	const byAlias, descending = 1, 1
	options := c.objects("sort_options")
	slices.SortStableFunc(users, func(a, b *User) int {
		for _, option := range options {
			order := cmp.Compare(a.Name, b.Name)
			if option.amount("sort_field") == byAlias {
				order = cmp.Compare(a.Alias, b.Alias)
			}
			if option.amount("sort_type") == descending {
				order = -order
			}
			if order != 0 {
				return order
			}
		}
		if len(options) == 0 {
			return cmp.Compare(a.Name, b.Name)
		}
		return 0
	})
	ids := []string{}
	for _, u := range users {
		ids = append(ids, u.ID)
	}
	return reply{"useridlist": ids}, nil
}
