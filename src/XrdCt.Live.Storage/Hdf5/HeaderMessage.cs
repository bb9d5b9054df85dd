namespace XrdCt.Live.Storage.Hdf5;

/// <summary>One message of an object header.</summary>
/// <param name="Type">What it says.</param>
/// <param name="IsShared">Whether it stands elsewhere and this is only its place.</param>
/// <param name="Data">Its bytes.</param>
internal readonly record struct HeaderMessage(HeaderMessageType Type, bool IsShared, ReadOnlyMemory<byte> Data);
