using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Storage.Images;
using XrdCt.Live.Storage.Stacks;

namespace XrdCt.Live.Tests.Storage;

/// <summary>Frames behind links and virtual datasets, beside what h5py reads there.</summary>
public class LinkedFrameTests(BlissFiles files) : IClassFixture<BlissFiles>
{
    private static readonly string[] Versions = ["earliest", "latest"];

    public static TheoryData<string, string> Whole()
    {
        string[] names = ["measurement/pilatus", "measurement/direct", "measurement/stored", "instrument/pilatus/data", "odd/turns", "odd/parts", "odd/strided", "odd/single", "odd/percent", "odd/absolute", "odd/grows"];
        return [.. from v in Versions from n in (string[])["/again", .. names.Select(n => $"/scan_1.1/{n}")] select (v, n)];
    }

    public static TheoryData<string> VersionNames() => [.. Versions];

    [Theory]
    [MemberData(nameof(Whole))]
    public void TryReadPacked_WholeFrames_GivesThePixelsThatH5pyReads(string version, string dataset)
    {
        (string folder, JsonElement read) = files.Of(version);
        string[] theirs = [.. read.GetProperty(dataset).EnumerateArray().Select(h => h.GetString()!)];
        using FrameStackReader reader = new(Path.Combine(folder, "top.h5"), dataset, Decode);
        ArrayBufferWriter<byte> packed = new();
        byte[] plain = new byte[reader.Shape.PixelCount * 4];

        Assert.Equal((theirs.Length, new ImageShape(BlissFiles.Rows, BlissFiles.Columns), PixelType.Int32), (reader.FrameCount, reader.Shape, reader.Type));
        Assert.Equal(theirs.Length, theirs.Distinct().Count());
        for (int row = 0; row < theirs.Length; row++)
        {
            Assert.True(reader.TryReadPacked(row, packed));
            Assert.True(Decode(packed.WrittenSpan, 4, plain));
            Assert.Equal(theirs[row], Hash(plain));
            plain.AsSpan().Clear();
            reader.Read(row, plain);
            Assert.Equal(theirs[row], Hash(plain));
        }
    }

    [Theory]
    [MemberData(nameof(VersionNames))]
    public void Read_SmallTiles_GivesThePixelsThatH5pyReads(string version)
    {
        (string folder, JsonElement read) = files.Of(version);
        using FrameStackReader reader = new(Path.Combine(folder, "top.h5"), "/scan_1.1/odd/tiled", Decode);
        byte[] plain = new byte[reader.Shape.PixelCount * 4];
        Assert.True(reader.IsTiled(0));
        for (int row = 0; row < reader.FrameCount; row++)
        {
            Assert.False(reader.TryReadPacked(row, new ArrayBufferWriter<byte>()));
            reader.Read(row, plain);
            Assert.Equal(read.GetProperty("/scan_1.1/odd/tiled")[row].GetString(), Hash(plain));
        }
    }

    [Theory]
    [MemberData(nameof(VersionNames))]
    public void Read_Holes_NameFileAndFrameAndLeaveTheOthers(string version)
    {
        string path = Path.Combine(files.Of(version).Folder, "data", "scan.h5");
        using FrameStackReader reader = new(path, "/1.1/odd/holes", Decode);
        byte[] plain = new byte[reader.Shape.PixelCount * 4];

        Assert.Equal(17, reader.FrameCount);
        Refused($"{path}: frame 13 of /1.1/odd/holes: its file scan0001/gone.h5 is not there", () => reader.Read(13, plain));
        Refused($"{path}: frame 13 of /1.1/odd/holes: its file scan0001/gone.h5 is not there", () => reader.TryReadPacked(13, new ArrayBufferWriter<byte>()));
        Refused("frame 16 of /1.1/odd/holes: no file is named for it", () => reader.Read(16, plain));
        reader.Read(11, plain);
        Assert.Equal(files.Of(version).Read.GetProperty("/again")[11].GetString(), Hash(plain));

        using FrameStackReader half = new(path, "/1.1/odd/long", Decode);
        half.Read(3, plain);
        Refused("frame 4 of /1.1/odd/long: no file is named for it", () => half.Read(4, plain));

        using FrameStackReader over = new(path, "/1.1/odd/over", Decode);
        over.Read(3, plain);
        Refused("frame 4 of /1.1/odd/over: its file scan0001/pilatus_0001.h5 has only 4 frames", () => over.TryReadPacked(4, new ArrayBufferWriter<byte>()));
    }

    [Theory]
    [InlineData("circle", "goes in a circle")]
    [InlineData("around", "goes in a circle")]
    [InlineData("lost", "is a link to scan0001/gone.h5, which is not there")]
    [InlineData("nowhere", "has no dataset /1.1/odd/nowhere [frame, row, column]: name another")]
    [InlineData("numbered", "takes its frames from numbered files (scan0001/pilatus_000%b.h5")]
    [InlineData("../title", "has no dataset")]
    [InlineData("circle/deeper", "goes in a circle")]
    [InlineData("holes/deeper", "has no dataset")]
    public void Open_WhatLeadsNowhere_SaysWhere(string dataset, string gist)
    {
        foreach (string version in Versions)
        {
            string path = Path.Combine(files.Of(version).Folder, "data", "scan.h5");
            Refused(gist, () => new FrameStackReader(path, $"/1.1/odd/{dataset}", Decode).Dispose());
        }
    }

    [Fact]
    public void Open_MappingWithAFlippedBit_IsRefused()
    {
        // One bit makes pilatus_0001 of pilatus_0000: frames of another place, were it not for the checksum.
        string folder = Path.Combine(files.Of("earliest").Folder, "data");
        byte[] bytes = File.ReadAllBytes(Path.Combine(folder, "scan.h5"));
        for (int at = 0, next; (next = bytes.AsSpan(at).IndexOf("pilatus_0000.h5"u8)) >= 0; at += next + 1)
        {
            bytes[at + next + 11] ^= 1;
        }

        File.WriteAllBytes(Path.Combine(folder, "flipped.h5"), bytes);
        Refused("flipped.h5: a checksum does not fit", () => new FrameStackReader(Path.Combine(folder, "flipped.h5"), "/1.1/measurement/pilatus", Decode).Dispose());
    }

    [Fact]
    public void ReadMask_LinksInACircle_AreNoMaskAndNoEnd()
    {
        string path = Path.Combine(files.Of("latest").Folder, "data", "scan.h5");
        Refused("goes in a circle", () => ImageDataset.ReadMask($"{path}::/1.1/odd/circle", new ImageShape(BlissFiles.Rows, BlissFiles.Columns), Decode));
        Refused("no group of class NXdetector", () => NexusDetectorFile.Read(path, Decode));
    }

    [Theory]
    [InlineData("itself", "behind 4 others, or in a circle")]
    [InlineData("short", "has 6×7 UInt16 pixels, not 6×7 Int32")]
    [InlineData("swapped", "swapped.h5: /entry_0000/measurement/data holds big-endian numbers")]
    public void Read_SourceThatIsNone_SaysWhy(string dataset, string gist)
    {
        string path = Path.Combine(files.Of("latest").Folder, "data", "scan.h5");
        using FrameStackReader reader = new(path, $"/1.1/odd/{dataset}", Decode);
        Refused(gist, () => reader.Read(0, new byte[reader.Shape.PixelCount * 4]));
    }

    [Fact]
    public void Open_OtherThanNumbers_AreNotCalledBigEndian()
    {
        string path = Path.Combine(files.Of("latest").Folder, "texts.h5");
        ForeignPython.Run("h5py, numpy", """
            import sys, h5py, numpy
            with h5py.File(sys.argv[1], 'w') as f: f['texts'] = numpy.full((2, 3, 4), b'text')
            print(1)
            """, path);
        Refused("texts holds String of 4 bytes", () => new FrameStackReader(path, "/texts", Decode).Dispose());
    }

    [Theory]
    [MemberData(nameof(VersionNames))]
    public void Open_WithoutADataset_FindsTheScansFrames(string version)
    {
        string folder = files.Of(version).Folder;
        using FrameStackReader scan = new(Path.Combine(folder, "data", "scan.h5"), null, Decode);
        Assert.Equal("/1.1/instrument/pilatus/data", scan.DatasetPath);
        using FrameStackReader top = new(Path.Combine(folder, "top.h5"), null, Decode);
        Assert.Equal("/again", top.DatasetPath);
    }

    [Theory]
    [MemberData(nameof(VersionNames))]
    public void Open_NumbersBesideTheLink_BelongToTheFrames(string version)
    {
        using FrameStackReader reader = new(Path.Combine(files.Of(version).Folder, "top.h5"), "/scan_1.1/measurement/pilatus", Decode);
        Assert.Equal(Enumerable.Range(0, 12).Select(i => 2L * i), reader.Indices);
        Assert.Null(reader.Times_s);
        Assert.Equal(12, NumberDataset.Read(Path.Combine(files.Of(version).Folder, "top.h5"), "/scan_1.1/measurement/index", Decode).Length);
    }

    [Fact]
    public void Open_SymbolicLinkToTheMaster_FindsFilesBesideTheMaster()
    {
        (string folder, JsonElement read) = files.Of("latest");
        string link = Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "elsewhere")).FullName, "here.h5");
        File.CreateSymbolicLink(link, Path.Combine(folder, "data", "scan.h5"));
        using FrameStackReader reader = new(link, "/1.1/measurement/pilatus", Decode);
        byte[] plain = new byte[reader.Shape.PixelCount * 4];
        reader.Read(5, plain);
        Assert.Equal(read.GetProperty("/again")[5].GetString(), Hash(plain));
    }

    [Fact]
    public void Read_FullSizeMaster_GivesTheBytesOfTheSource()
    {
        using FrameStackReader linked = new(ReferenceData.Require("golden/frames/scan_master.h5"), "/1.1/measurement/pilatus", Decode);
        using FrameStackReader external = new(ReferenceData.Require("golden/frames/scan_master.h5"), "/1.1/pilatus_external", Decode);
        using FrameStackReader direct = new(ReferenceData.Require("golden/frames/frames_bslz4.h5"), null, Decode);
        Assert.Equal((ImageShape.Pilatus2M, 2), (linked.Shape, linked.FrameCount));
        ArrayBufferWriter<byte> one = new();
        ArrayBufferWriter<byte> other = new();
        foreach (FrameStackReader reader in new[] { linked, external })
        {
            for (int row = 0; row < 2; row++)
            {
                Assert.True(reader.TryReadPacked(row, one) && direct.TryReadPacked(row, other));
                Assert.True(one.WrittenSpan.SequenceEqual(other.WrittenSpan));
            }
        }
    }

    /// <summary>Changed masters: refused by an exception of their kind, or read; within a second and 256 MiB of metadata each.</summary>
    [Theory]
    [MemberData(nameof(VersionNames))]
    public void Open_ChangedMaster_EndsWithASentenceOrFrames(string version)
    {
        const int Cases = 300;
        const long Most_bytes = 1L << 29;
        string folder = files.Of(version).Folder;
        byte[] seed = File.ReadAllBytes(Path.Combine(folder, "data", "scan.h5"));
        string path = Path.Combine(folder, "data", "changed.h5");
        string[] datasets = ["/1.1/measurement/pilatus", "/1.1/odd/parts", "/1.1/odd/grows", "/1.1/measurement/direct", "/1.1/odd/strided"];
        Random random = new(20260105);
        (int refused, int opened) = (0, 0);
        for (int i = 0; i < Cases; i++)
        {
            byte[] changed = [.. seed];
            Change(changed, random);
            File.WriteAllBytes(path, i % 10 == 0 ? changed[..random.Next(changed.Length)] : changed);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                using FrameStackReader reader = new(path, datasets[i % datasets.Length], Decode);
                opened++;
                ArrayBufferWriter<byte> packed = new();
                for (int row = 0; row < Math.Min(reader.FrameCount, 12); row++)
                {
                    try
                    {
                        reader.TryReadPacked(row, packed);
                    }
                    catch (InvalidDataException)
                    {
                        // A frame that is not there any more.
                    }
                }
            }
            catch (InvalidDataException e)
            {
                refused++;
                Assert.NotEmpty(e.Message);
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, Most_bytes);
        }

        // Both happen, or the changes are too weak or too strong to say anything.
        Assert.InRange(refused, Cases / 10, Cases);
        Assert.InRange(opened, Cases / 10, Cases);
    }

    // Bits, bytes and numbers, half of them among structures: after the four letters that such a block begins with.
    private static void Change(byte[] bytes, Random random)
    {
        string[] letters = ["TREE", "SNOD", "HEAP", "GCOL", "OHDR", "OCHK", "FRHP", "FHDB", "FHIB", "BTHD", "BTIN", "BTLF"];
        for (int changes = random.Next(1, 5); changes > 0; changes--)
        {
            int at = random.Next(bytes.Length);
            if (random.Next(2) == 0)
            {
                byte[] letter = System.Text.Encoding.ASCII.GetBytes(letters[random.Next(letters.Length)]);
                int found = bytes.AsSpan(at).IndexOf(letter);
                found = found < 0 ? bytes.AsSpan().IndexOf(letter) : found + at;
                at = found < 0 ? at : Math.Min(found + random.Next(4, 120), bytes.Length - 1);
            }

            switch (random.Next(4))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.AsSpan(at, Math.Min(8, bytes.Length - at)).Fill(0xFF);
                    break;
                default:
                    BitConverter.TryWriteBytes(bytes.AsSpan(Math.Min(at, bytes.Length - 8)), (long)random.Next(bytes.Length));
                    break;
            }
        }
    }

    private static void Refused(string gist, Action act) =>
        Assert.Contains(gist, Assert.Throws<InvalidDataException>(act).Message, StringComparison.Ordinal);

    private static string Hash(byte[] pixels) => Convert.ToHexStringLower(SHA256.HashData(pixels));

    private static bool Decode(ReadOnlySpan<byte> bytes, int elementSize, Span<byte> pixels)
    {
        int needed = BitshuffleLz4.ScratchLength(bytes, elementSize, pixels.Length);
        return needed >= 0 && BitshuffleLz4.TryDecode(bytes, elementSize, new byte[needed], pixels);
    }
}
