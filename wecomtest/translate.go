package wecomtest

import (
	"archive/zip"
	"bytes"
	"context"
	"mime"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	translateLife = 24 * time.Hour // of the link to the result
	translateType = "contact_id_translate"
	receiptKind   = "receipt" // of the cash desk
	pageResults   = ownPages + "files/"
)

// translation is a job that fills names into files (通讯录id转译).
type translation struct {
	id     string
	corp   *Corp
	files  []upload // nil once the link has ended
	output string   // name without suffix; "" for one file that is not zipped
	end    time.Time
}

// linkEnds is when the link to the result stops working.
func (t *translation) linkEnds() time.Time { return t.end.Add(translateLife) }

func translateHandlers() map[string]handler {
	return map[string]handler{
		"provider.media.upload":         (*Platform).uploadProviderMedia,
		"provider.contact.id_translate": (*Platform).translateIDs,
		"provider.batch.get_result":     (*Platform).getTranslation,
	}
}

// uploadProviderMedia keeps a file of the provider's for three days; an image may
// have 2 MB here.
func (p *Platform) uploadProviderMedia(c *call) (any, error) {
	const receipt = 3
	kind := c.text("type")
	if kind == "image" && len(c.upload.content) > 2*megabyte {
		return nil, refuse(45001)
	}
	if c.amount("attachment_type") == receipt && !isReceipt(c.upload.name) {
		return nil, refusef(40004, "a receipt is a jpg, png, jpeg, bmp or pdf")
	}
	made, err := p.uploadMedia(c)
	if err != nil {
		return nil, err
	}
	if r, ok := made.(reply); ok && c.amount("attachment_type") == receipt {
		p.media[r["media_id"].(string)].kind = receiptKind
	}
	return made, nil
}

func isReceipt(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".jpg", ".jpeg", ".png", ".bmp", ".pdf":
		return true
	}
	return false
}

// providerMedium finds a living file of the provider's.
func (p *Platform) providerMedium(id string, now time.Time) (*medium, error) {
	m := p.media[id]
	if m == nil || m.corp != nil || !now.Before(m.expires) {
		return nil, refuse(40007)
	}
	return m, nil
}

// translateIDs starts a job; it takes the time of [WithJobDuration]. Then
// batch_job_result is pushed to the system-event URL.
func (p *Platform) translateIDs(c *call) (any, error) {
	corp, err := p.customer(c, "auth_corpid")
	switch {
	case err != nil:
		return nil, err
	case !p.hasApp(corp):
		return nil, refuse(48004)
	}
	t := &translation{
		id: p.secrets.text(43, alphanumeric), corp: corp, output: c.text("output_file_name"),
		end: c.now.Add(p.settings.jobDuration),
	}
	for _, id := range c.texts("media_id_list") {
		m, err := p.providerMedium(id, c.now)
		if err != nil {
			return nil, err
		}
		t.files = append(t.files, m.upload)
	}
	switch {
	case len(t.files) == 0 || len(t.files) > 20:
		return nil, refusef(40058, "invalid parameter media_id_list: want 1 to 20 files")
	case len(t.files) > 1 && t.output == "":
		return nil, refusef(40058, "missing parameter output_file_name")
	}
	for _, old := range p.translations {
		if !c.now.Before(old.linkEnds()) {
			old.files = nil
		}
	}
	prune(p.translations, c.now, (*translation).linkEnds)
	p.translations[t.id] = t
	p.background(func(ctx context.Context) {
		if p.waitUntil(ctx, t.end) {
			_ = p.pushSystem(ctx, p.systemEvent("batch_job_result", corp.ID).raw("<BatchJob>").text("JobId", t.id).
				text("JobType", translateType).number("ErrCode", 0).text("ErrMsg", "ok").raw("</BatchJob>"))
		}
	})
	return reply{"jobid": t.id}, nil
}

func (p *Platform) getTranslation(c *call) (any, error) {
	t := p.translations[c.text("jobid")]
	if t == nil {
		return nil, refuse(40088)
	}
	r := reply{"type": translateType, "status": jobFinished, "result": map[string]any{translateType: map[string]any{"url": p.URL() + pageResults + t.id}}}
	if c.now.Before(t.end) {
		r["status"], r["result"] = jobRunning, map[string]any{}
	}
	return r, nil
}

// idTemplate is a place in a file where a name goes, with or without a corpid.
var idTemplate = regexp.MustCompile(`\$(departmentName|userName|userAlias|userAliasOrName)=(?:([^$/]+)/)?([^$/]+)\$`)

// fill replaces the templates of a text. What cannot be resolved stays as it is.
func (p *Platform) fill(corp *Corp, text string) string {
	return idTemplate.ReplaceAllStringFunc(text, func(place string) string {
		part := idTemplate.FindStringSubmatch(place)
		of := corp
		if part[2] != "" {
			of = p.findCorp(part[2])
		}
		if of == nil || !p.hasApp(of) {
			return place
		}
		if name := p.nameFor(of, part[1], part[3]); name != "" {
			return name
		}
		return place
	})
}

func (p *Platform) nameFor(corp *Corp, what, id string) string {
	if what == "departmentName" {
		number, err := strconv.ParseInt(id, 10, 64)
		if d := corp.department(number); err == nil && d != nil {
			return d.name
		}
		return ""
	}
	u := corp.user(id)
	switch {
	case u == nil || !p.visibleToApps(corp, u):
		return ""
	case what == "userAlias", what == "userAliasOrName" && u.Alias != "":
		return u.Alias
	}
	return u.Name
}

// download serves the result of a translation to a browser. Text files are
// translated; other formats, and the conversion to pdf, are not simulated: these
// files come back as they were sent.
func (v *visit) download() answer {
	v.p.mu.Lock()
	defer v.p.mu.Unlock()
	t := v.p.translations[strings.TrimPrefix(v.request.URL.Path, pageResults)]
	now := v.p.Now()
	if t == nil || now.Before(t.end) || !now.Before(t.linkEnds()) {
		return htmlAnswer(http.StatusNotFound)
	}
	name, content, err := v.p.translated(t)
	if err != nil {
		return htmlAnswer(http.StatusInternalServerError)
	}
	header := v.securityHeader()
	header.Set("Content-Type", "application/octet-stream")
	header.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	return answer{status: http.StatusOK, header: header, body: content}
}

// translated is the one file, or a zip of all.
func (p *Platform) translated(t *translation) (name string, content []byte, err error) {
	if t.output == "" {
		return p.fill(t.corp, t.files[0].name), p.translateFile(t.corp, t.files[0]), nil
	}
	var zipped bytes.Buffer
	w := zip.NewWriter(&zipped)
	for _, f := range t.files {
		entry, err := w.Create(path.Base(p.fill(t.corp, f.name)))
		if err != nil {
			return "", nil, err
		}
		if _, err := entry.Write(p.translateFile(t.corp, f)); err != nil {
			return "", nil, err
		}
	}
	if err := w.Close(); err != nil {
		return "", nil, err
	}
	return p.fill(t.corp, t.output) + ".zip", zipped.Bytes(), nil
}

func (p *Platform) translateFile(corp *Corp, f upload) []byte {
	switch strings.ToLower(path.Ext(f.name)) {
	case ".txt", ".csv":
		return []byte(p.fill(corp, string(f.content)))
	}
	return f.content
}
