// The log of a deployment: what renderLogViewer wrote becomes the viewer.
