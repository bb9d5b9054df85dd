using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Win32.SafeHandles;

namespace XrdCt.Live.Storage.Hdf5;

/// <summary>
/// The part of an HDF5 file that says where things are, read as untrusted bytes: every address is checked against the file's end before
/// memory is taken, and what one file may cost in all is bounded, so that nothing in it can go round in circles. PureHDF 2.2 hides where
/// links and virtual datasets lead, and recurses without end on links in a circle. Format: "HDF5 File Format Specification Version 3.0"
/// (The HDF Group). Not thread-safe.
/// </summary>
internal sealed class Hdf5Metadata : IDisposable
{
    /// <summary>The address of what is not there, whatever the size of the file's addresses.</summary>
    public const ulong Nowhere = ulong.MaxValue;

    // The map of 100,000 frames with a file each has about 20 MB.
    private const int LargestBlock_bytes = 1 << 26;
    private const long MostRead_bytes = 1L << 28;

    // What a read costs beside its bytes, so that many small ones end as well.
    private const int Read_bytes = 64;
    private const long LastSignature = 1L << 20;
    private const int LongestSuperblock = 128;

    /// <summary>What a file begins with.</summary>
    public static readonly byte[] Signature = [0x89, (byte)'H', (byte)'D', (byte)'F', (byte)'\r', (byte)'\n', 0x1A, (byte)'\n'];

    private readonly SafeFileHandle _file;
    private long _left_bytes = MostRead_bytes;

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">It is missing or cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is no HDF5 file; the message names it.</exception>
    public Hdf5Metadata(string path)
    {
        FilePath = path;

        // Pipes and devices, to which a link may lead, have no length, and to open one can wait for ever.
        if (new FileInfo(path) is { Exists: true, Length: 0 })
        {
            throw NoHdf5("it is empty, or no file");
        }

        _file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            Length = RandomAccess.GetLength(_file);
            ReadSuperblock();
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>The file.</summary>
    public string FilePath { get; }

    /// <summary>Bytes of the file.</summary>
    public long Length { get; }

    /// <summary>What addresses count from.</summary>
    public ulong BaseAddress { get; private set; }

    /// <summary>Address of the root group.</summary>
    public ulong Root { get; private set; }

    /// <summary>Bytes of an address, 2, 4 or 8.</summary>
    public int AddressSize { get; private set; } = sizeof(ulong);

    /// <summary>Bytes of a length, 2, 4 or 8.</summary>
    public int LengthSize { get; private set; } = sizeof(ulong);

    /// <summary>Reads a block.</summary>
    /// <param name="address">Where it begins, counted from the file's base address.</param>
    /// <param name="length">Bytes.</param>
    /// <exception cref="InvalidDataException">It is not in the file, or this file has cost too much already.</exception>
    public byte[] Read(ulong address, ulong length)
    {
        if (length > LargestBlock_bytes || address > (ulong)Length || BaseAddress + address + length > (ulong)Length)
        {
            throw Wrong("it points beyond its end: it is cut short or damaged");
        }

        Spend((long)length);
        byte[] block = GC.AllocateUninitializedArray<byte>((int)length);
        Fill(block, (long)(BaseAddress + address));
        return block;
    }

    /// <summary>Takes what is made of a block from what the file may cost: many entries may point at the same long text.</summary>
    /// <param name="bytes">Memory that it takes.</param>
    /// <exception cref="InvalidDataException">This file has cost too much already.</exception>
    public void Spend(long bytes)
    {
        _left_bytes -= Read_bytes + bytes;
        if (_left_bytes < 0)
        {
            throw Wrong("its links and headers take more than 256 MiB, or go round in circles");
        }
    }

    /// <summary>Reads some bytes, wherever they are, at no cost to what the file's headers may take.</summary>
    public int ReadAt(long position, Span<byte> bytes) => RandomAccess.Read(_file, bytes, position);

    /// <summary>A cursor over a block that was read.</summary>
    public MetadataCursor Cursor(ReadOnlySpan<byte> block) => new(this, block);

    /// <summary>Checks the sum that stands at the end of a block.</summary>
    public void CheckSum(ReadOnlySpan<byte> block)
    {
        if (block.Length < sizeof(uint) || BinaryPrimitives.ReadUInt32LittleEndian(block[^sizeof(uint)..]) != Lookup3.Hash(block[..^sizeof(uint)]))
        {
            throw Wrong("a checksum does not fit: it is damaged, or being written");
        }
    }

    /// <summary>An exception that says what is wrong with this file.</summary>
    public InvalidDataException Wrong(string what) => new($"{FilePath}: {what}");

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private InvalidDataException NoHdf5(string why) => new($"{FilePath} is no HDF5 file that can be read: {why}");

    private void ReadSuperblock()
    {
        byte[] block = new byte[LongestSuperblock];
        for (long at = 0; at <= Math.Min(Length - LongestSuperblock / 2, LastSignature); at = at == 0 ? 512 : at * 2)
        {
            int length = (int)Math.Min(LongestSuperblock, Length - at);
            Fill(block.AsSpan(0, length), at);
            if (block.AsSpan().StartsWith(Signature))
            {
                ReadSuperblock(block.AsSpan(0, length), (ulong)at);
                return;
            }
        }

        throw NoHdf5("it does not begin as such");
    }

    private void ReadSuperblock(ReadOnlySpan<byte> block, ulong at)
    {
        MetadataCursor cursor = Cursor(block);
        cursor.Skip(Signature.Length);
        byte version = cursor.Byte();
        bool isOld = version < 2;
        if (version > 3)
        {
            throw NoHdf5($"its superblock has version {version}, 0 to 3 are known");
        }

        // Versions of free space, root group, a reserved byte, and shared headers.
        cursor.Skip(isOld ? 4 : 0);
        (AddressSize, LengthSize) = (cursor.Byte(), cursor.Byte());
        if (AddressSize is not (2 or 4 or 8) || LengthSize is not (2 or 4 or 8))
        {
            throw NoHdf5($"its addresses have {AddressSize} bytes and its lengths {LengthSize}");
        }

        // Reserved, sizes of group nodes and flags; in version 1 those of indexed storage too.
        cursor.Skip(version switch { 0 => 9, 1 => 13, _ => 1 });

        // Base; free space or extension; end; in old ones the driver too.
        cursor.Skip((isOld ? 4 : 3) * AddressSize);
        if (isOld)
        {
            // The root group stands in an entry of a symbol table, after the offset of its name.
            cursor.Skip(AddressSize);
        }

        Root = cursor.Address();

        // As HDF5 does, whatever the base address says: a file that something was put in front of begins where its signature is.
        BaseAddress = at;
    }

    [SuppressMessage("Reliability", "CA2022", Justification = "every read is counted")]
    private void Fill(Span<byte> block, long offset)
    {
        while (!block.IsEmpty)
        {
            int read = RandomAccess.Read(_file, block, offset);
            if (read == 0)
            {
                throw Wrong("it ends early: it is cut short, or being written");
            }

            block = block[read..];
            offset += read;
        }
    }
}
