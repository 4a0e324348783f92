package register

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Checkpoint keeps how far one migration is: some hundred bytes of JSON, more if
// much was refused. There are ids of members and departments in it, and no secret.
// [FileCheckpoint] is one; a row of a table of yours makes another. One corp, one
// checkpoint. It is loaded before each Save as well, to see whether another run has
// taken over.
type Checkpoint interface {
	// Load returns what Save was given last, nil if there is nothing.
	Load(ctx context.Context) ([]byte, error)
	// Save replaces what is there as a whole: after a crash there is the old or the new.
	Save(ctx context.Context, data []byte) error
}

// FileCheckpoint is a [Checkpoint] in a file. The file is replaced by renaming
// another one, and only its owner can read it.
type FileCheckpoint string

var _ Checkpoint = FileCheckpoint("")

// Load reads the file; without one it returns nil.
func (f FileCheckpoint) Load(context.Context) ([]byte, error) {
	data, err := os.ReadFile(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return data, err
}

// Save replaces the file.
func (f FileCheckpoint) Save(_ context.Context, data []byte) (err error) {
	next, err := os.CreateTemp(filepath.Dir(string(f)), filepath.Base(string(f))+".*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(next.Name()))
		}
	}()
	_, err = next.Write(data)
	if err = errors.Join(err, next.Sync(), next.Close()); err != nil {
		return err
	}
	if err = os.Rename(next.Name(), string(f)); err != nil {
		return err
	}
	syncDir(filepath.Dir(string(f)))
	return nil
}

// syncDir makes a renaming outlast a loss of power, on systems that can: what was
// begun, an invitation say, is to be known after it.
func syncDir(path string) {
	dir, err := os.Open(path) //nolint:gosec // The path is the caller's.
	if err != nil {
		return
	}
	_, _ = dir.Sync(), dir.Close()
}

// state is what a checkpoint holds.
type state struct {
	Version int    `json:"version"`
	Plan    string `json:"plan"` // its fingerprint
	Run     string `json:"run"`  // id of the run that has saved this
	Done    int    `json:"done"` // steps
	// What came by file, and may lack what a file cannot hold, is told by these from
	// what is there in another form.
	ImportedDepartments bool `json:"imported_departments,omitzero"`
	ImportedUsers       bool `json:"imported_users,omitzero"`
	// Kept are members that were there before the first import of members and lack
	// what a file cannot hold: they are left as they are.
	Kept []string `json:"kept,omitzero"`

	JobID     string `json:"jobid,omitzero"`     // of an import that is under way
	Inviting  int    `json:"inviting,omitzero"`  // members whose invitation was begun,
	Invited   int    `json:"invited,omitzero"`   // and ended
	Finishing bool   `json:"finishing,omitzero"` // contact_sync_success was begun
	Report    Report `json:"report"`             // of the steps that are done
}

const stateVersion = 1

// valid reports whether s can have been saved by a migration.
func (s *state) valid() bool {
	return s.Version == stateVersion && s.Done >= 0 && s.Done <= allSteps &&
		s.Invited >= 0 && s.Invited <= s.Inviting &&
		(s.Inviting == 0 || s.Done >= beforeInvite) &&
		(!s.Finishing || s.Done >= beforeFinish) &&
		s.Report.Unlocked == (s.Done == allSteps)
}

// The steps that are done before some that look at it.
const (
	beforeUsers  = 1
	beforeTags   = 2
	beforeCheck  = 4
	beforeInvite = 5
	beforeFinish = 6
	allSteps     = 7
)

// load takes up where an earlier run has stopped.
func (m *migration) load(ctx context.Context) error {
	m.state = state{Version: stateVersion, Plan: m.plan.fingerprint}
	if m.cfg.Checkpoint == nil {
		return nil
	}
	data, err := m.cfg.Checkpoint.Load(ctx)
	if err != nil {
		return fmt.Errorf("register: the checkpoint cannot be loaded: %w", err)
	}
	if len(data) == 0 {
		return nil
	}
	var kept state
	if err := json.Unmarshal(data, &kept); err != nil || !kept.valid() {
		return errors.New("register: the checkpoint is damaged or of another version: remove it and begin again, what is there already is found")
	}
	if kept.Plan != m.plan.fingerprint {
		return ErrOtherPlan
	}
	m.state, m.saver = kept, kept.Run
	if m.state.Report.Unlocked {
		return nil
	}
	m.state.Report.Runs++
	if m.state.Done <= beforeCheck { // what was compared then may be put right by now
		r := &m.state.Report
		r.Checked, r.Differences, r.Others = false, nil, 0
	}
	return m.save(ctx)
}

// save keeps how far the migration is, also when ctx has ended.
func (m *migration) save(ctx context.Context) error {
	const most = 10 * time.Second
	if m.cfg.Checkpoint == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), most)
	defer cancel()
	if err := m.notTakenOver(ctx); err != nil {
		return err
	}
	kept := m.state
	kept.Run, kept.Report = m.id, *m.reported()
	data, err := json.Marshal(kept)
	if err != nil {
		return fmt.Errorf("register: the checkpoint cannot be written as JSON: %w", err)
	}
	if err := m.cfg.Checkpoint.Save(ctx, data); err != nil {
		return fmt.Errorf("register: the checkpoint cannot be saved: %w", err)
	}
	m.saver = m.id
	return nil
}

// notTakenOver looks whether the checkpoint is still the one that this run knows.
func (m *migration) notTakenOver(ctx context.Context) error {
	data, err := m.cfg.Checkpoint.Load(ctx)
	if err != nil {
		return fmt.Errorf("register: the checkpoint cannot be loaded: %w", err)
	}
	var kept state
	if err := json.Unmarshal(data, &kept); len(data) > 0 && err != nil || kept.Run != m.saver {
		return ErrTakenOver
	}
	return nil
}
