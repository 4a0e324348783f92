package register

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/corp/contact"
	"github.com/wecom-isv/wecom/corp/media"
	"github.com/wecom-isv/wecom/internal/poll"
)

// rowsOfFile is how many members go into one file: far below the 20 MB that WeCom
// takes, and few enough for an interruption not to cost much.
const rowsOfFile = 5000

// imports reports whether so many new items go in by files.
func (m *migration) imports(n int) bool { return m.cfg.ImportFrom > 0 && n >= m.cfg.ImportFrom }

// importDepartments makes departments by a file, and looks again at what is there.
// The file also has all that is there already: what is not in it would be deleted.
// If the token does not see the names of those, they would be lost: then nothing is
// imported, and the departments are made one by one.
func (m *migration) importDepartments(ctx context.Context, missing []contact.CreateDepartmentRequest) error {
	rows := make([]contact.DepartmentRow, 0, len(m.seen.departments)+len(missing))
	for _, id := range slices.Sorted(maps.Keys(m.seen.departments)) {
		d := m.seen.departments[id]
		if d.Name == "" || d.Name == strconv.FormatInt(id, 10) {
			m.log.InfoContext(ctx, "register: migration: departments are made one by one, since the names of those that are there are not seen")
			return nil
		}
		rows = append(rows, contact.DepartmentRow{Name: d.Name, ID: id, ParentID: d.ParentID, Order: d.Order})
	}
	for _, d := range missing {
		rows = append(rows, contact.DepartmentRow{Name: d.Name, ID: d.ID, ParentID: d.ParentID, Order: d.Order})
	}
	var file bytes.Buffer
	if err := contact.WriteDepartmentsCSV(&file, rows); err != nil { // the console allows names that a file does not
		m.log.InfoContext(ctx, "register: migration: departments are made one by one, since those that are there do not fit into a file", slog.Any("err", err))
		return nil
	}
	m.state.ImportedDepartments = true
	if err := m.save(ctx); err != nil {
		return err
	}
	m.progress.begin(StepImport, 100)
	_, err := m.importFile(ctx, "departments.csv", file.Bytes(), func(ctx context.Context, mediaID string) (*contact.JobResponse, error) {
		return m.contacts.Batch().ReplaceParty(ctx, mediaID, contact.JobCallback{})
	})
	if err != nil {
		return err
	}
	return m.readDepartments(ctx)
}

// importUsers makes members by files, and looks again at who is there.
func (m *migration) importUsers(ctx context.Context, users []*contact.CreateUserRequest) error {
	rows := make([]contact.UserRow, len(users))
	for i, u := range users {
		rows[i] = userRow(u)
	}
	if !m.state.ImportedUsers {
		m.state.ImportedUsers, m.state.Kept = true, m.lackingUsers()
	}
	if err := m.save(ctx); err != nil {
		return err
	}
	for chunk := range slices.Chunk(rows, rowsOfFile) {
		var file bytes.Buffer
		if err := contact.WriteUsersCSV(&file, chunk); err != nil {
			return fmt.Errorf("register: the file of members cannot be written: %w", err)
		}
		m.progress.begin(StepImport, 100)
		imported, err := m.importFile(ctx, "users.csv", file.Bytes(), func(ctx context.Context, mediaID string) (*contact.JobResponse, error) {
			return m.contacts.Batch().SyncUser(ctx, contact.ImportRequest{MediaID: mediaID, ToInvite: new(false)})
		})
		if err != nil {
			return err
		}
		if !imported {
			break
		}
	}
	return m.readUsers(ctx, StepRead)
}

// hiddenUsers reports whether somebody who is there may be one of the plan whose
// user id the token does not see. A file would overwrite him: nothing is imported.
func (m *migration) hiddenUsers(ctx context.Context) bool {
	hidden := m.seen.noUsers
	for id, u := range m.seen.users {
		placeholder := u.UserID == u.OpenUserID || u.UserID == u.Name
		hidden = hidden || placeholder && !m.plan.userIDs[id]
	}
	if hidden {
		m.log.InfoContext(ctx, "register: migration: members are made one by one, since the user ids of those that are there are not seen")
	}
	return hidden
}

// lackingUsers are the planned members that are there and lack what a file cannot
// hold, though no file has made them.
func (m *migration) lackingUsers() []string {
	var ids []string
	for i := range m.plan.users {
		u := &m.plan.users[i]
		if got, there := m.seen.users[fold(u.UserID)]; there && lacksExtras(u, &got) {
			ids = append(ids, u.UserID)
		}
	}
	return ids
}

func userRow(u *contact.CreateUserRequest) contact.UserRow {
	return contact.UserRow{
		Name: u.Name, UserID: u.UserID, Mobile: u.Mobile, Email: u.Email, Department: u.Department, Position: u.Position,
		Order: u.Order, Alias: u.Alias, Address: u.Address, Telephone: u.Telephone,
		Disabled: u.Enable != nil && *u.Enable == contact.Off,
	}
}

// importFile uploads a file, starts its import and waits for the end. To do that
// again with the same file harms nothing. imported is false if the platform refuses
// the file or the call: what it would have made is then made one by one, as are rows
// that failed.
func (m *migration) importFile(ctx context.Context, name string, file []byte,
	start func(ctx context.Context, mediaID string) (*contact.JobResponse, error),
) (imported bool, err error) {
	job, err := m.startJob(ctx, name, file, start)
	if err == nil {
		m.state.JobID = job
		if err := m.save(ctx); err != nil {
			return false, err
		}
		err = m.waitJob(ctx, job)
	}
	if givesUp(err) {
		m.state.JobID = ""
		m.log.InfoContext(ctx, "register: migration: the platform does not take the file, all is made one by one",
			slog.String("file", name), slog.Any("err", err))
		return false, nil
	}
	return err == nil, err
}

// errStuck says that an import is no further than it was patience ago.
var errStuck = errors.New("the import makes no progress")

const patience = 5 * time.Minute // of the 30 that the token lives

// givesUp reports whether an error ends an import and not the run.
func givesUp(err error) bool {
	return err != nil && (errors.Is(err, errStuck) || forbidden(err) || !stops(err))
}

// startJob waits for its turn: a corp has one import at a time. If one is running it
// may be this one, from a try whose reply was lost.
func (m *migration) startJob(ctx context.Context, name string, file []byte,
	start func(ctx context.Context, mediaID string) (*contact.JobResponse, error),
) (id string, err error) {
	var uploaded *media.UploadResponse
	_, err = m.attempt(ctx, func(ctx context.Context) (err error) {
		uploaded, err = m.media.Upload(ctx, media.File, wecom.File{Name: name, Size: int64(len(file)), Reader: bytes.NewReader(file)})
		return err
	})
	if err != nil {
		return "", err
	}
	begun := time.Now()
	err = poll.Until(ctx, func(ctx context.Context) (done bool, err error) {
		_, err = m.attempt(ctx, func(ctx context.Context) error {
			job, err := start(ctx, uploaded.MediaID)
			if err == nil {
				id = job.JobID
			}
			return err
		})
		const running = wecom.Code(302008)
		if !errors.Is(err, running) {
			return true, err
		}
		if time.Since(begun) > patience {
			return false, errStuck
		}
		return false, nil
	})
	return id, err
}

// waitJob waits for the end of an import. What it has done is looked at later; a
// job whose result is gone has ended.
func (m *migration) waitJob(ctx context.Context, id string) error {
	moved, at := time.Now(), int32(-1)
	err := poll.Until(ctx, func(ctx context.Context) (done bool, err error) {
		var job *contact.GetResultResponse
		_, err = m.attempt(ctx, func(ctx context.Context) (err error) {
			job, err = m.contacts.Batch().GetResult(ctx, id)
			return err
		})
		if err != nil {
			return false, err
		}
		m.progress.at(ctx, int(job.Percentage))
		switch {
		case job.Percentage != at:
			moved, at = time.Now(), job.Percentage
		case time.Since(moved) > patience:
			return false, errStuck
		}
		return job.Status != contact.JobStarted && job.Status != contact.JobRunning, nil
	})
	const unknown, gone = wecom.Code(40088), wecom.Code(40089)
	if err == nil || errors.Is(err, unknown) || errors.Is(err, gone) {
		m.state.JobID = ""
		return nil
	}
	return err
}
