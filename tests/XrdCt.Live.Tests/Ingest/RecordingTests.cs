using System.Buffers.Binary;
using System.IO.Hashing;
using System.Security.Cryptography;
using XrdCt.Live.Ingest.Recording;
using XrdCt.Live.Ingest.Streams;

namespace XrdCt.Live.Tests.Ingest;

/// <summary>Recordings give back what was recorded, and say exactly where damage begins.</summary>
public sealed class RecordingTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 7, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly RecordingHeader Header = new()
    {
        Endpoint = "tcp://detector:9999",
        Dialect = "stins",
        Program = "test",
        Started = Start,
    };

    private readonly TemporaryFolder _folder = new();

    private string Path => _folder.PathOf("stream.xrec");

    [Fact]
    public void Read_WhatWasWritten_ComesBackByteForByte()
    {
        byte[][][] messages = Record([[0], [5, 0, 3], [20_000_000, 1], [.. Enumerable.Repeat(7, StreamMessage.MostParts)]]);
        using RecordingReader reader = new(Path);
        Assert.Equal(Header, reader.Header);
        for (int i = 0; i < messages.Length; i++)
        {
            StreamMessage message = Assert.IsType<StreamMessage>(reader.Read(), exactMatch: false);
            Assert.Equal(Start.AddTicks(i), message.ReceivedAt);
            Assert.Equal(messages[i].Select(Digest), Enumerable.Range(0, message.PartCount).Select(p => Digest(message.Part(p).Span)));
        }

        Assert.Null(reader.Read());
        Assert.Null(reader.Damage);
        Assert.True(reader.IsWhole);
        Assert.Equal(new FileInfo(Path).Length, reader.Length_bytes);
    }

    [Fact]
    public void File_AsDescribed_IsWhatTheFormatSays()
    {
        byte[] part = Record([[3]])[0][0];
        byte[] file = File.ReadAllBytes(Path);
        Assert.Equal("XRDCTREC"u8, file.AsSpan(0, 8));
        Assert.Equal(1u, BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(8)));
        int header = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(12));
        Assert.Equal(XxHash3.HashToUInt64(file.AsSpan(0, 16 + header)), BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(16 + header)));
        Span<byte> record = file.AsSpan(24 + header);
        Assert.Equal("#MSG"u8, record[..4]);
        Assert.Equal(1, BinaryPrimitives.ReadInt32LittleEndian(record[4..]));
        Assert.Equal(0, BinaryPrimitives.ReadInt64LittleEndian(record[8..]));
        Assert.Equal(Start.ToUnixTimeMilliseconds() * 1_000_000, BinaryPrimitives.ReadInt64LittleEndian(record[16..]));
        Assert.Equal(3, BinaryPrimitives.ReadInt32LittleEndian(record[24..]));
        Assert.Equal(XxHash3.HashToUInt64(record[..28]), BinaryPrimitives.ReadUInt64LittleEndian(record[28..]));
        Assert.Equal(part, record.Slice(36, 3));
        Assert.Equal(XxHash3.HashToUInt64(part), BinaryPrimitives.ReadUInt64LittleEndian(record[39..]));
        Span<byte> end = record[47..];
        Assert.Equal("#END"u8, end[..4]);
        Assert.Equal(1, BinaryPrimitives.ReadInt64LittleEndian(end[8..]));
        Assert.Equal(file.Length - 32, BinaryPrimitives.ReadInt64LittleEndian(end[16..]));
        Assert.Equal(XxHash3.HashToUInt64(end[..24]), BinaryPrimitives.ReadUInt64LittleEndian(end[24..]));
        Assert.Equal(32, end.Length);
    }

    [Fact]
    public void Read_AnyBitTurned_GivesTheMessagesBeforeItAndThePlace()
    {
        byte[][][] messages = Record([[4, 6], [9], [1, 0, 2]]);
        byte[] file = File.ReadAllBytes(Path);
        long[] starts = RecordStarts();
        for (int at = 0; at < file.Length; at++)
        {
            byte[] damaged = (byte[])file.Clone();
            damaged[at] ^= 1 << 2;
            File.WriteAllBytes(Path, damaged);
            if (at < starts[0])
            {
                Assert.Contains(Path, Assert.Throws<InvalidDataException>(() => new RecordingReader(Path)).Message);
                continue;
            }

            int hit = Array.FindLastIndex(starts, s => s <= at);
            using RecordingReader reader = new(Path);
            Assert.Equal(hit, ReadWhole(reader, messages));
            Assert.NotNull(reader.Damage);
            Assert.Equal((starts[hit], hit), (reader.Damage.Offset_bytes, reader.Damage.Record));
            Assert.False(reader.IsWhole);
        }
    }

    [Fact]
    public void Read_CutAnywhere_GivesTheMessagesBeforeItAndThePlace()
    {
        byte[][][] messages = Record([[4, 6], [9], [1, 0, 2]]);
        byte[] file = File.ReadAllBytes(Path);
        long[] starts = RecordStarts();
        for (int length = 0; length < file.Length; length++)
        {
            File.WriteAllBytes(Path, file.AsSpan(0, length));
            if (length < starts[0])
            {
                Assert.Throws<InvalidDataException>(() => new RecordingReader(Path));
                continue;
            }

            int whole = Array.FindLastIndex(starts, s => s <= length);
            using RecordingReader reader = new(Path);
            Assert.Equal(whole, ReadWhole(reader, messages));
            Assert.Equal((starts[whole], whole), (reader.Damage!.Offset_bytes, reader.Damage.Record));
            Assert.Contains("cut", reader.Damage.Reason);
        }
    }

    [Fact]
    public void Read_BytesBehindTheEnd_IsDamage()
    {
        Record([[1]]);
        File.AppendAllText(Path, "x");
        using RecordingReader reader = new(Path);
        Assert.NotNull(reader.Read());
        Assert.Null(reader.Read());
        Assert.Contains("1 bytes follow", reader.Damage!.Reason);
    }

    [Fact]
    public void Read_RecordTakenOut_IsDamage()
    {
        Record([[4], [4], [4]]);
        long[] starts = RecordStarts();
        byte[] file = File.ReadAllBytes(Path);
        File.WriteAllBytes(Path, [.. file[..(int)starts[1]], .. file[(int)starts[2]..]]);
        using RecordingReader reader = new(Path);
        Assert.NotNull(reader.Read());
        Assert.Null(reader.Read());
        Assert.Equal((starts[1], 1), (reader.Damage!.Offset_bytes, reader.Damage.Record));
        Assert.Contains("record 2 stands here", reader.Damage.Reason);
    }

    [Fact]
    public void Read_LengthOfGigabytesWithItsChecksum_TakesNoMemory()
    {
        Record([[4]]);
        long start = RecordStarts()[0];
        byte[] file = File.ReadAllBytes(Path);
        Span<byte> record = file.AsSpan((int)start);
        BinaryPrimitives.WriteUInt32LittleEndian(record[24..], 0xFFFF_FFF0);
        BinaryPrimitives.WriteUInt64LittleEndian(record[28..], XxHash3.HashToUInt64(record[..28]));
        File.WriteAllBytes(Path, file);
        using RecordingReader reader = new(Path);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Null(reader.Read());
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 16);
        Assert.Contains("cut", reader.Damage!.Reason);
    }

    [Fact]
    public void Skip_Records_LeadsToTheSameMessage()
    {
        byte[][][] messages = Record([[4, 6], [9], [1, 0, 2]]);
        using RecordingReader reader = new(Path);
        Assert.True(reader.Skip());
        Assert.True(reader.Skip());
        Assert.Equal(messages[2][2], reader.Read()!.Part(2).ToArray());
        Assert.False(reader.Skip());
        Assert.True(reader.IsWhole);
    }

    [Fact]
    public void Flush_WithoutFinish_KeepsEveryMessage()
    {
        byte[][][] messages;
        using (RecordingWriter writer = new(Path, Header))
        {
            messages = Append(writer, [[4, 6], [9]]);
            writer.Flush();
            Append(writer, [[5]], first: 2);
        }

        using RecordingReader reader = new(Path);
        Assert.Equal(2, ReadWhole(reader, messages));
        Assert.Contains("end mark", reader.Damage!.Reason);
    }

    [Fact]
    public void Flush_BetweenMessages_ChangesNothing()
    {
        List<byte[][]> messages = [];
        using (RecordingWriter writer = new(Path, Header))
        {
            for (int i = 0; i < 50; i++)
            {
                messages.Add(Append(writer, [[700 * i, 1]], first: i)[0]);
                writer.Flush();
            }

            writer.Finish();
        }

        using RecordingReader reader = new(Path);
        Assert.Equal(50, ReadWhole(reader, [.. messages]));
        Assert.True(reader.IsWhole);
    }

    [Fact]
    public void Append_DiskFull_SaysSo()
    {
        if (!File.Exists("/dev/full"))
        {
            Assert.Skip("there is no /dev/full here");
        }

        string message = Assert.Throws<IOException>(() => new RecordingWriter("/dev/full", Header, overwrite: true)).Message;
        Assert.Contains("/dev/full: the disk is full", message);
    }

    [Fact]
    public void Writer_FileExists_IsRefusedWithTheRemedy()
    {
        File.WriteAllText(Path, "precious");
        Assert.Contains("--overwrite", Assert.Throws<IOException>(() => new RecordingWriter(Path, Header)).Message);
        Assert.Equal("precious", File.ReadAllText(Path));
    }

    [Fact]
    public void Append_AfterWarmUp_AllocatesNothing()
    {
        using RecordingWriter writer = new(Path, Header);
        MemoryMessage message = new([new byte[1_500_000], new byte[10]], Start);
        writer.Append(message);
        Assert.Equal(0, Allocation.OfRound_bytes(() =>
        {
            for (int i = 0; i < 4; i++)
            {
                writer.Append(message);
            }
        }));
        writer.Finish();
    }

    public void Dispose() => _folder.Dispose();

    private static byte[] Digest(byte[] bytes) => SHA256.HashData(bytes);

    private static byte[] Digest(ReadOnlySpan<byte> bytes) => SHA256.HashData(bytes);

    /// <summary>Reads until it stops; every message must be as it was.</summary>
    private static int ReadWhole(RecordingReader reader, byte[][][] messages)
    {
        int count = 0;
        for (; reader.Read() is { } message; count++)
        {
            Assert.Equal(messages[count], Enumerable.Range(0, message.PartCount).Select(p => message.Part(p).ToArray()));
        }

        return count;
    }

    private static byte[][][] Append(RecordingWriter writer, int[][] lengths, int first = 0)
    {
        Random random = new(first);
        return
        [
            .. lengths.Select((parts, i) =>
            {
                byte[][] bytes = [.. parts.Select(length => new byte[length])];
                Array.ForEach(bytes, random.NextBytes);
                writer.Append(new MemoryMessage([.. bytes.Select(b => (ReadOnlyMemory<byte>)b)], Start.AddTicks(first + i)));
                return bytes;
            }),
        ];
    }

    private byte[][][] Record(int[][] lengths)
    {
        using RecordingWriter writer = new(Path, Header);
        byte[][][] messages = Append(writer, lengths);
        writer.Finish();
        return messages;
    }

    /// <summary>Where the records begin, and the end mark behind them.</summary>
    private long[] RecordStarts()
    {
        using RecordingReader reader = new(Path);
        List<long> starts = [reader.Position_bytes];
        while (reader.Skip())
        {
            starts.Add(reader.Position_bytes);
        }

        return [.. starts];
    }
}
