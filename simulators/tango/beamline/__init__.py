"""A simulated beamline: stages, beam monitor and shutter as Tango device servers."""
