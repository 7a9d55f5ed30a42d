// Clients in Go. How they take jobs and say what came of each step is said in ../python/job.py; here one program has
// all of them, and a job says which.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
)

// Job says who works, and how the client is to be configured.
type Job struct {
	Client, User, Password, Prefix string
}

var address = os.Getenv("HOST") + ":" + os.Getenv("PORT")

var clients = map[string]func(Job){"asynq": withAsynq, "go-redis": withGoRedis, "rueidis": withRueidis}

// step does it and says how it went; another value than the one it should give is an error too.
func step[T any](name string, do func() (T, error), gives ...T) bool {
	value, err := do()
	if err == nil && len(gives) > 0 && !reflect.DeepEqual(value, gives[0]) {
		err = fmt.Errorf("gives %v", value)
	}
	if err != nil {
		say(map[string]any{"step": name, "ok": false, "error": err.Error()})
		return false
	}
	say(map[string]any{"step": name, "ok": true})
	return true
}

func say(line map[string]any) {
	written, err := json.Marshal(line)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(written))
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var job Job
		if err := json.Unmarshal(lines.Bytes(), &job); err != nil {
			panic(err)
		}
		clients[job.Client](job)
		say(map[string]any{"end": 0})
	}
}
