namespace XrdCt.Live.Storage.Hdf5;

/// <summary>Where a path ends, all links followed.</summary>
/// <param name="Path">Path of the object in its own file, with no links by name in it.</param>
/// <param name="Header">The object, which knows its file.</param>
internal readonly record struct ObjectPlace(string Path, ObjectHeader Header);
