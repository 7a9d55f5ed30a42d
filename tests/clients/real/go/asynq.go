// asynq: tasks enqueued, worked, retried and scheduled; what the inspector sees; a server that may not work says so only in
// its log.
package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hibiken/asynq"
)

// log keeps what a server writes, and gives its errors.
type log struct{ errors chan string }

func (l log) Debug(...any) {}
func (l log) Info(...any)  {}
func (l log) Warn(...any)  {}
func (l log) Error(said ...any) {
	select {
	case l.errors <- strings.TrimSpace(fmt.Sprintln(said...)):
	default:
	}
}
func (l log) Fatal(said ...any) { l.Error(said...) }

func withAsynq(job Job) {
	as := asynq.RedisClientOpt{Addr: address, Username: job.User, Password: job.Password}
	client := asynq.NewClient(as)
	defer client.Close()
	enqueue := func(name string, options ...asynq.Option) func() (string, error) {
		return func() (string, error) {
			_, err := client.Enqueue(asynq.NewTask(name, nil), options...)
			return "", err
		}
	}
	if !step("enqueue", enqueue("send", asynq.Retention(time.Hour))) {
		return
	}
	worked := make(chan string, 10)
	failing := log{make(chan string, 1)}
	server := asynq.NewServer(as, asynq.Config{
		Concurrency: 1, Logger: failing, RetryDelayFunc: func(int, error, *asynq.Task) time.Duration { return 0 },
		DelayedTaskCheckInterval: 100 * time.Millisecond, TaskCheckInterval: 100 * time.Millisecond,
	})
	if !step("start", func() (string, error) {
		return "", server.Start(asynq.HandlerFunc(func(ctx context.Context, task *asynq.Task) error {
			if tried, _ := asynq.GetRetryCount(ctx); task.Type() == "flaky" && tried == 0 {
				return errors.New("once")
			}
			worked <- task.Type()
			return nil
		}))
	}) {
		return
	}
	next := func() (string, error) {
		select {
		case name := <-worked:
			return name, nil
		case said := <-failing.errors:
			return "", errors.New(said)
		}
	}
	working := step("work", next, "send")
	if working {
		step("add for later", enqueue("late", asynq.ProcessIn(time.Millisecond)))
		working = step("late", next, "late")
	}
	if working {
		step("add again", enqueue("flaky"))
		step("retry", next, "flaky")
	}
	server.Shutdown()
	if !working {
		return
	}
	inspector := asynq.NewInspector(as)
	defer inspector.Close()
	step("inspect", func() (int, error) {
		seen, err := inspector.GetQueueInfo("default")
		if err != nil {
			return 0, err
		}
		return seen.Processed - seen.Failed, nil
	}, 3)
	step("empty", func() (int, error) { return inspector.DeleteAllCompletedTasks("default") }, 1)
}
