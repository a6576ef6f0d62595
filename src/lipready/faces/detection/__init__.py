"""The faces in one picture: detector, mesh, pose, quality."""
