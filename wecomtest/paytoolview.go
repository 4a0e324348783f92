package wecomtest

import (
	"strings"
	"time"
)

func (o *order) deskEntry(now time.Time) map[string]any {
	price, origin := o.price()
	entry := map[string]any{
		"order_id": o.id, "create_time": o.at.Unix(), "buy_content": o.content(),
		"origin_price": origin, "paid_price": price, "order_status": o.deskStatus(now),
		"order_from": 2, "creator": o.desk.creator, "pay_type": o.desk.payType,
	}
	if o.corp != nil {
		entry["custom_corpid"] = masked(o.corp.ID)
	}
	return entry
}

// masked hides the middle of an id, as the cash desk does.
func masked(id string) string {
	const head, tail = 3, 4
	if len(id) <= head+tail {
		return id
	}
	return id[:head] + strings.Repeat("*", len(id)-head-tail) + id[len(id)-tail:]
}

// content says in words what is bought.
func (o *order) content() string {
	if o.desk != nil && o.desk.caseEdition != "" {
		return o.desk.caseEdition
	}
	var names []string
	for _, i := range o.items {
		names = append(names, strings.TrimSpace(i.app.Name+" "+i.edition.Name))
	}
	return strings.Join(names, ", ")
}

func (o *order) deskProducts() map[string]any {
	items := []any{}
	for _, i := range o.items {
		items = append(items, i.deskEntry(o.desk.business))
	}
	products := map[string]any{"order_type": int(o.desk.kind), "buy_info_list": items}
	switch o.desk.business {
	case deskThirdApp:
		return map[string]any{"third_app": products}
	case deskCustom:
		return map[string]any{"customized_app": products}
	}
	products["case_id"], products["promotion_edition_name"] = o.desk.caseID, o.desk.caseEdition
	if len(o.items) > 0 {
		products["duration_days"] = o.items[0].days
	}
	return map[string]any{"promotion_case": products}
}

func (i *orderItem) deskEntry(business int) map[string]any {
	entry := map[string]any{
		"suiteid": i.app.ID, "user_count": i.users,
		"take_effect_date": i.begin.In(chinaTime()).Format("20060102"),
	}
	if business == deskCase {
		return entry
	}
	entry["duration_days"], entry["origin_price"], entry["paid_price"] = i.days, i.origin, i.price
	if business == deskThirdApp {
		entry["edition_id"] = i.edition.ID
	}
	return entry
}
