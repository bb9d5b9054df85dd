using System.Buffers.Binary;
using PureHDF;
using PureHDF.VOL.Native;

namespace XrdCt.Live.Storage.Hdf5;

/// <summary>
/// A file as if one object were all that is in it: its superblock names a root group with nothing but a link to that object, which stands
/// behind the file's end. PureHDF 2.2 reads objects well, but does not find all of them: it overlooks links that a group got after it was
/// changed from the old form to the new one (as an external link does it), and follows links in a circle until the process dies.
/// </summary>
internal sealed class SingleObjectStream : Stream
{
    private const string Name = "object";
    private const ulong Undefined = ulong.MaxValue;

    private readonly Hdf5Metadata _file;
    private readonly byte[] _superblock;
    private readonly byte[] _group;

    private SingleObjectStream(Hdf5Metadata file, ulong address)
    {
        _file = file;
        int size = file.AddressSize;
        byte[] name = System.Text.Encoding.ASCII.GetBytes(Name);
        byte[] links = [0, 0, .. Address(Undefined), .. Address(Undefined)];
        byte[] link = [1, 0, (byte)name.Length, .. name, .. Address(address)];
        byte[] messages = [(byte)HeaderMessageType.LinkInfo, (byte)links.Length, 0, 0, .. links, (byte)HeaderMessageType.Link, (byte)link.Length, 0, 0, .. link];
        _group = Summed([.. "OHDR"u8, 2, 0, (byte)messages.Length, .. messages]);

        // Base; extension; end; root group, counted from the base.
        ulong end = (ulong)file.Length - file.BaseAddress;
        _superblock = Summed(
        [
            .. Hdf5Metadata.Signature, 2, (byte)size, (byte)file.LengthSize, 0, .. Address(file.BaseAddress), .. Address(Undefined),
            .. Address(end + (ulong)_group.Length), .. Address(end),
        ]);

        byte[] Address(ulong value) => BitConverter.GetBytes(value)[..size];
    }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => true;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => _file.Length + _group.Length;

    /// <inheritdoc/>
    public override long Position { get; set; }

    /// <summary>Opens an object with PureHDF.</summary>
    /// <param name="file">The file, which must stay open as long as the object is used.</param>
    /// <param name="place">Where the object is in it.</param>
    /// <returns>What is to be disposed, and the object.</returns>
    public static (NativeFile File, IH5Object Object) Open(Hdf5Metadata file, ObjectPlace place)
    {
        NativeFile opened = H5File.Open(new SingleObjectStream(file, place.Header.Address));
        try
        {
            return (opened, opened.Get(Name));
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        long before = (long)_file.BaseAddress;
        int read = Position - before is >= 0 and var at && at < _superblock.Length ? Copy(_superblock, (int)at, buffer)
            : Position >= _file.Length ? Copy(_group, (int)Math.Min(Position - _file.Length, _group.Length), buffer)
            : _file.ReadAt(Position, buffer[..(int)Math.Min(buffer.Length, Position < before ? before - Position : _file.Length - Position)]);
        Position += read;
        return read;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin)
    {
        long from = origin switch { SeekOrigin.Begin => 0, SeekOrigin.Current => Position, _ => Length };
        return Position = from + offset >= 0 ? from + offset : throw _file.Wrong("it points before its beginning: it is damaged");
    }

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private static int Copy(byte[] from, int at, Span<byte> to)
    {
        ReadOnlySpan<byte> some = from.AsSpan(at, Math.Min(from.Length - at, to.Length));
        some.CopyTo(to);
        return some.Length;
    }

    private static byte[] Summed(byte[] block)
    {
        byte[] summed = [.. block, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt32LittleEndian(summed.AsSpan(block.Length), Lookup3.Hash(block));
        return summed;
    }
}
