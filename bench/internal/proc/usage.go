package proc

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// Usage is the CPU time of a process at one moment.
type Usage struct {
	threads map[string]time.Duration
	coarse  time.Duration
}

// userHZ is the unit of /proc/PID/stat, which is the same on all architectures.
const userHZ = 100

// CPU reads how long the threads of the process have run, to the nanosecond.
func (p *Process) CPU() (Usage, error) {
	u, err := usageOf(filepath.Join("/proc", strconv.Itoa(p.PID())))
	if err != nil {
		return Usage{}, p.ended(err)
	}
	return u, nil
}

func usageOf(dir string) (Usage, error) {
	stat, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return Usage{}, err
	}
	u := Usage{threads: map[string]time.Duration{}}
	if u.coarse, err = parseStat(stat); err != nil {
		return Usage{}, err
	}
	tasks, err := os.ReadDir(filepath.Join(dir, "task"))
	if err != nil {
		return Usage{}, err
	}
	for _, task := range tasks {
		b, err := os.ReadFile(filepath.Join(dir, "task", task.Name(), "schedstat"))
		if errors.Is(err, fs.ErrNotExist) {
			continue // a thread that has ended since the directory was read
		}
		if err != nil {
			return Usage{}, err
		}
		fields := strings.Fields(string(b))
		if len(fields) == 0 {
			return Usage{}, fmt.Errorf("schedstat of thread %s is empty", task.Name())
		}
		ns, err := strconv.ParseInt(fields[0], 10, 64)
		if err != nil {
			return Usage{}, fmt.Errorf("schedstat of thread %s: %w", task.Name(), err)
		}
		u.threads[task.Name()] = time.Duration(ns)
	}
	return u, nil
}

// Since returns the time used since an earlier moment. The kernel forgets the
// nanoseconds of a thread that ends, so then the coarser sum, of ticks, counts.
func (u Usage) Since(earlier Usage) time.Duration {
	var sum time.Duration
	for id, now := range u.threads {
		sum += now - earlier.threads[id]
	}
	for id := range earlier.threads {
		if _, lives := u.threads[id]; !lives {
			return max(sum, u.coarse-earlier.coarse)
		}
	}
	return sum
}

// parseStat returns the sum of user and system time (proc_pid_stat(5), fields
// 14 and 15) of a process and its ended threads.
func parseStat(b []byte) (time.Duration, error) {
	// The second field, the name in parentheses, may have blanks.
	fields := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
	if len(fields) < 13 {
		return 0, fmt.Errorf("stat has %d fields after the name", len(fields))
	}
	var ticks int64
	for _, field := range fields[11:13] {
		n, err := strconv.ParseInt(string(field), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("stat: %w", err)
		}
		ticks += n
	}
	return time.Duration(ticks) * time.Second / userHZ, nil
}

// Memory is the resident memory of the process in bytes.
func (p *Process) Memory() (int64, error) {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.PID()), "status"))
	if err != nil {
		return 0, p.ended(err)
	}
	return parseBytes(string(b), "VmRSS")
}

// KernelMemory is what the kernel's own objects take in bytes, sockets among them.
func KernelMemory() (int64, error) {
	b, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, err
	}
	return parseBytes(string(b), "Slab")
}

// parseBytes finds a size in a table of /proc that tells names and kB.
func parseBytes(table, name string) (int64, error) {
	for line := range strings.Lines(table) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			kB, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return kB * 1024, err
		}
	}
	return 0, fmt.Errorf("there is no %s", name)
}

// Machine describes what the measurements ran on.
type Machine struct {
	CPU    string
	Cores  int
	Kernel string
}

// ThisMachine reads what this machine is.
func ThisMachine() Machine {
	m := Machine{Cores: runtime.NumCPU()}
	if b, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(b)) {
			if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
				m.CPU = strings.TrimSpace(value)
				break
			}
		}
	}
	if b, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		// What follows the number names a distribution's build.
		m.Kernel, _, _ = strings.Cut(strings.TrimSpace(string(b)), "-")
	}
	return m
}
