package provider

import (
	"context"
	"fmt"
	"iter"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/paging"
)

// Contact searches, sorts and translates the contacts of the corps that have
// authorised the provider (通讯录搜索、排序与转译): the apps themselves see ids, no
// names. It is safe for concurrent use.
type Contact struct{ c *Client }

// Contact returns the calls on contacts.
func (c *Client) Contact() Contact { return Contact{c} }

// SearchQuery is what is searched for.
type SearchQuery struct {
	// QueryWord is the name, pinyin or English name of a member, or the name or
	// pinyin of a department: at most 64 characters. Required.
	QueryWord      string         `json:"query_word"`
	QueryType      QueryType      `json:"query_type,omitzero"`
	QueryRange     QueryRange     `json:"query_range,omitzero"`      // of members only
	Limit          int32          `json:"limit,omitzero"`            // default 50, at most 200; current and departed members count apart
	FullMatchField FullMatchField `json:"full_match_field,omitzero"` //
	Cursor         string         `json:"cursor,omitzero"`           // NextCursor of the reply before; empty for the first page
}

// QueryType says whether members or departments are searched (查询类型).
type QueryType int32

// The kinds of searches.
const (
	QueryAll         QueryType = 0 // members and departments
	QueryUsers       QueryType = 1 // 用户
	QueryDepartments QueryType = 2 // 部门
)

// QueryRange says which members are searched (查询范围).
type QueryRange int32

// The ranges of searches.
const (
	// QueryCurrent finds members of the corp (在职用户).
	QueryCurrent QueryRange = 0
	// QueryDeparted also finds those who left within a year and had activated
	// WeCom (离职用户).
	QueryDeparted QueryRange = 1
)

// FullMatchField says which name must be equal to the word (精确匹配的字段).
type FullMatchField int32

// The names that can be matched exactly.
const (
	MatchFuzzy       FullMatchField = 0 // 模糊匹配
	MatchName        FullMatchField = 1 // name of a member or department (用户名称或者部门名称)
	MatchEnglishName FullMatchField = 2 // 用户英文名
)

// SearchRequest is a search in one corp.
type SearchRequest struct {
	AuthCorpID string `json:"auth_corpid"` // corp to search; required
	// AgentID limits the result to what that app sees; 0: to what any app of the
	// provider sees.
	AgentID int64 `json:"agentid,omitzero"`
	SearchQuery
}

// SearchResponse is a page of results.
type SearchResponse struct {
	QueryResult SearchResult `json:"query_result"`
	// IsLast says that there are no more pages. A short or empty page says nothing:
	// people outside the visible range are taken out after the page is cut.
	IsLast     bool   `json:"is_last"`
	NextCursor string `json:"next_cursor"` // empty when nothing is left
}

// SearchResult is what was found.
type SearchResult struct {
	User        FoundUsers       `json:"user,omitzero"`         // members of the corp
	Party       FoundDepartments `json:"party,omitzero"`        // departments
	DismissUser FoundUsers       `json:"dismiss_user,omitzero"` // members who left
}

// FoundUsers are members that were found.
type FoundUsers struct {
	UserID []string `json:"userid,omitzero"`
	// OpenUserID has the same members in the same order in all examples; nothing
	// promises that.
	OpenUserID []string `json:"open_userid,omitzero"`
}

// FoundDepartments are departments that were found.
type FoundDepartments struct {
	DepartmentID []int64 `json:"department_id,omitzero"`
}

// Search finds members and departments of a corp by name (通讯录单个搜索), one page at a
// time; see [Contact.AllHits]. Show the ids with the page component for contacts
// (通讯录展示组件).
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/91844
//
//wecom:endpoint POST /cgi-bin/service/contact/search
func (c Contact) Search(ctx context.Context, req SearchRequest) (*SearchResponse, error) {
	return invoke[SearchResponse](ctx, c.c, wecom.Call{
		Path: "/cgi-bin/service/contact/search",
		Body: req,
		Safe: true,
	})
}

// SearchHit is one result: a member or, if DepartmentID is not 0, a department.
type SearchHit struct {
	UserID       string
	OpenUserID   string // empty if the platform named none, or not one for each member
	Dismissed    bool   // the member has left
	DepartmentID int64
}

// AllHits finds members and departments of a corp by name, over all pages from
// the first; req.Cursor is not used. Each page gives its members first, then those
// who left, then its departments. An error ends the sequence.
func (c Contact) AllHits(ctx context.Context, req SearchRequest) iter.Seq2[SearchHit, error] {
	return paging.All(ctx, func(ctx context.Context, cursor string) ([]SearchHit, string, error) {
		page := req // a copy for each page: the sequence may be ranged over twice, or at once
		page.Cursor = cursor
		r, err := c.Search(ctx, page)
		if err != nil {
			return nil, "", err
		}
		next, err := paging.Next(!r.IsLast, r.NextCursor)
		return r.QueryResult.hits(), next, err
	})
}

func (r *SearchResult) hits() []SearchHit {
	hits := append(r.User.hits(false), r.DismissUser.hits(true)...)
	for _, id := range r.Party.DepartmentID {
		hits = append(hits, SearchHit{DepartmentID: id})
	}
	return hits
}

// hits pairs the two lists if they can be pairs; else the user ids stand alone.
func (u *FoundUsers) hits(dismissed bool) []SearchHit {
	ids, openIDs := u.UserID, u.OpenUserID
	switch {
	case len(ids) == 0:
		ids = make([]string, len(openIDs))
	case len(openIDs) != len(ids):
		openIDs = make([]string, len(ids))
	}
	hits := make([]SearchHit, len(ids))
	for i, id := range ids {
		hits[i] = SearchHit{UserID: id, OpenUserID: openIDs[i], Dismissed: dismissed}
	}
	return hits
}

// BatchSearchRequest is several searches in one corp.
type BatchSearchRequest struct {
	AuthCorpID string        `json:"auth_corpid"`        // corp to search; required
	AgentID    int64         `json:"agentid,omitzero"`   // as in SearchRequest
	Queries    []SearchQuery `json:"query_request_list"` // 1 to 50; required
}

// BatchSearchResponse holds one result for each query.
type BatchSearchResponse struct {
	Results []BatchSearchResult `json:"query_result_list"`
}

// BatchSearchResult is a page of results for one query.
type BatchSearchResult struct {
	QueryRequest SearchQuery  `json:"query_request"` // the query, perhaps without some optional parts
	QueryResult  SearchResult `json:"query_result"`
	IsLast       bool         `json:"is_last"`
	NextCursor   string       `json:"next_cursor"` // for a query that failed: the cursor it had
	ErrCode      wecom.Code   `json:"errcode,omitzero"`
	ErrMsg       string       `json:"errmsg,omitzero"`
}

// BatchSearch finds members and departments of a corp by several names at once
// (通讯录批量搜索), one page for each query.
//
// Queries fail one by one: the error is then an [*ItemErrors] and the response is
// there all the same. A failed query can be sent again as it was.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/91844
//
//wecom:endpoint POST /cgi-bin/service/contact/batchsearch
func (c Contact) BatchSearch(ctx context.Context, req BatchSearchRequest) (*BatchSearchResponse, error) {
	const most = 50
	if n := len(req.Queries); n == 0 || n > most {
		return nil, fmt.Errorf("provider: BatchSearch: Queries has %d entries: 1 to %d are allowed", n, most)
	}
	const path = "/cgi-bin/service/contact/batchsearch"
	r, err := invoke[BatchSearchResponse](ctx, c.c, wecom.Call{Path: path, Body: req, Safe: true})
	if err != nil {
		return nil, err
	}
	var failed []ItemError
	for i, result := range r.Results {
		if result.ErrCode != 0 {
			failed = append(failed, itemError(path, i, result.ErrCode, result.ErrMsg, result.QueryRequest.QueryWord))
		}
	}
	if failed != nil {
		return r, &ItemErrors{Op: path, Items: failed}
	}
	return r, nil
}

// SortRequest says which members to sort, and how.
type SortRequest struct {
	AuthCorpID string `json:"auth_corpid"` // corp of the members; required
	// UserIDs are 1 to 1000 members, all within the authorised scope (授权范围).
	// Required.
	UserIDs []string `json:"useridlist"`
	// Options are applied in this order: a later one decides between members that
	// the earlier ones leave equal.
	Options []SortOption `json:"sort_options,omitzero"`
}

// SortOption is one criterion of a sort. The zero SortOption sorts by the pinyin
// of names, ascending.
type SortOption struct {
	Field SortField `json:"sort_field"`
	Order SortOrder `json:"sort_type"`
}

// SortField is what members are sorted by (排序字段).
type SortField int32

// The fields to sort by.
const (
	SortByName  SortField = 0 // pinyin of the name (用户名的拼音)
	SortByAlias SortField = 1 // 用户别名
)

// SortOrder is the direction of a sort (排序方式).
type SortOrder int32

// The directions.
const (
	SortAscending  SortOrder = 0 // 升序
	SortDescending SortOrder = 1 // 降序
)

// SortResponse holds the ids in their order.
type SortResponse struct {
	UserIDs []string `json:"useridlist"`
}

// Sort sorts members of a corp by their names, which the provider does not see
// (通讯录userid排序). More than 1000 members cannot be sorted in one order: the
// parts could not be merged.
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/92093
//
//wecom:endpoint POST /cgi-bin/service/contact/sort
func (c Contact) Sort(ctx context.Context, req SortRequest) (*SortResponse, error) {
	const most = 1000
	if n := len(req.UserIDs); n == 0 || n > most {
		return nil, fmt.Errorf("provider: Sort: UserIDs has %d entries: 1 to %d are allowed", n, most)
	}
	return invoke[SortResponse](ctx, c.c, wecom.Call{
		Path: "/cgi-bin/service/contact/sort",
		Body: req,
		Safe: true,
	})
}
