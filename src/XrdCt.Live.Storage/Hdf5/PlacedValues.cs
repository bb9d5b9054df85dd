using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace XrdCt.Live.Storage.Hdf5;

/// <summary>
/// Writes values over those of a whole HDF5 file, where its contiguous datasets have them. Nothing that says where things are is touched,
/// so the file can be opened and read at any moment, by anything that reads HDF5, and is whole wherever the writer ends. Not thread-safe.
/// </summary>
/// <remarks>
/// HDF5's own way to write under the eyes of readers (SWMR) writes what says where things are as well: its file is refused by readers that do not ask for
/// SWMR, and after a crash until it is repaired.
/// </remarks>
internal sealed class PlacedValues : IDisposable
{
    // A sync of another file in the same file system may have to wait for all that is written here and not on the disk yet (ext4, data=ordered):
    // for this much. On a fast disk it makes no difference, and costs nothing (514 MB beside a journal: its syncs took 1 to 39 ms either way).
    private const int SyncedBlock_bytes = 1 << 24;
    private const int FilledBlock_bytes = 1 << 20;

    private readonly SafeFileHandle _file;
    private readonly Hdf5Metadata _metadata;
    private readonly LinkWalk _walk = new();
    private readonly Dictionary<string, (long Position, long Length)> _places = [];

    /// <summary>Opens a file, for reading and writing; others may read it, move it and delete it meanwhile.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">It cannot be opened, or another process writes to it.</exception>
    /// <exception cref="UnauthorizedAccessException">No permission.</exception>
    public PlacedValues(string path)
    {
        _metadata = _walk.Open(path);
        try
        {
            _file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        }
        catch
        {
            _walk.Dispose();
            throw;
        }
    }

    /// <summary>Writes the values of a dataset, or some of them.</summary>
    /// <param name="path">Path of the dataset, which is contiguous, of this type, and little-endian as the machine.</param>
    /// <param name="values">The values.</param>
    /// <param name="first">Which element is the first, in row-major order.</param>
    /// <exception cref="ArgumentException">There is no such dataset, or it has no room for the values.</exception>
    public void Write<T>(string path, ReadOnlySpan<T> values, long first = 0)
        where T : unmanaged
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(values);
        (long position, long length) = PlaceOf(path);
        long offset = first * Unsafe.SizeOf<T>();
        if (offset < 0 || offset + bytes.Length > length)
        {
            throw new ArgumentException($"{path} has {length} bytes: {bytes.Length} from {offset} on do not fit", nameof(values));
        }

        RandomAccess.Write(_file, bytes, position + offset);
    }

    /// <summary>Writes the one value of a dataset.</summary>
    public void Write<T>(string path, T value)
        where T : unmanaged =>
        Write(path, MemoryMarshal.CreateReadOnlySpan(ref value, 1));

    /// <summary>Writes one value everywhere in a dataset, and brings it to the disk as it goes, so that nobody else's sync has to.</summary>
    /// <param name="path">Path of the dataset.</param>
    /// <param name="value">The value.</param>
    /// <param name="cancel">Ends it early.</param>
    /// <exception cref="OperationCanceledException">It was ended early.</exception>
    public void Fill(string path, float value, CancellationToken cancel)
    {
        float[] block = new float[FilledBlock_bytes / sizeof(float)];
        Array.Fill(block, value);
        (long position, long length) = PlaceOf(path);
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes<float>(block);
        for (long written = 0; written < length; written += FilledBlock_bytes)
        {
            cancel.ThrowIfCancellationRequested();
            RandomAccess.Write(_file, bytes[..(int)Math.Min(FilledBlock_bytes, length - written)], position + written);
            if ((written + FilledBlock_bytes) % SyncedBlock_bytes == 0)
            {
                RandomAccess.FlushToDisk(_file);
            }
        }

        RandomAccess.FlushToDisk(_file);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        _walk.Dispose();
    }

    private (long Position, long Length) PlaceOf(string path)
    {
        if (_places.TryGetValue(path, out (long Position, long Length) place))
        {
            return place;
        }

        DatasetHeader? header = _walk.Find(_metadata, path, out _) is { Header.IsDataset: true } found ? new DatasetHeader(found.Header) : null;
        if (header is null || header.ElementsAddress == Hdf5Metadata.Nowhere)
        {
            throw new ArgumentException($"there is no contiguous dataset {path}", nameof(path));
        }

        place = ((long)(_metadata.BaseAddress + header.ElementsAddress), (long)header.Elements_bytes);
        _places[path] = place;
        return place;
    }
}
