"""Records of a source become rows: staged while they are read, switched into force when a stream is complete."""
