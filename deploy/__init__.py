"""How the system is started: locally here, with Docker or Kubernetes in the folders beside."""
