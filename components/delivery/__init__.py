"""Who deploys: the roles that GitHub's jobs and a Kubernetes operator assume, and the boundary of what they make."""
