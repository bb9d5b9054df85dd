namespace XrdCt.Live.Storage.Hdf5;

/// <summary>A dataset that a virtual one takes frames from.</summary>
/// <param name="File">The file's name as the virtual dataset has it: relative to its own folder, or absolute.</param>
/// <param name="FilePath">The file as it was found.</param>
/// <param name="Dataset">Path of the dataset.</param>
internal readonly record struct VirtualSource(string File, string FilePath, string Dataset);
