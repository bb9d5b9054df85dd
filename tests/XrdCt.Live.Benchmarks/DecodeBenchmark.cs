using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using K4os.Compression.LZ4;
using XrdCt.Live.Egress.Encoding;
using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Ingest.Files;
using XrdCt.Live.Server.Benchmarks;

namespace XrdCt.Live.Benchmarks;

/// <summary>
/// bitshuffle-LZ4 to 32-bit pixels in DRAM, one thread: each of our kernels, K4os' LZ4 with our kernel, and Debian's native
/// bitshuffle, in turns, so that whatever else the machine does hits them alike. Prints Markdown.
/// </summary>
internal static class DecodeBenchmark
{
    private const int ElementSize = sizeof(int);

    // Eight frames of 9.9 MB do not fit a cache of 32 MB: the output goes to memory.
    private const int Outputs = 8;
    private const int WarmUp = 60;

    internal static int Run(string[] arguments)
    {
        int repeats = 200;
        if (arguments.Length > 1 && int.TryParse(arguments[^1], NumberStyles.None, CultureInfo.InvariantCulture, out int last))
        {
            (repeats, arguments) = (last, arguments[..^1]);
        }

        if (arguments.Length == 0)
        {
            Console.Error.WriteLine("usage: XrdCt.Live.Benchmarks decode FRAME.cbf|FRAME.npy … [REPEATS]");
            return 2;
        }

        Array.ForEach(arguments, path => Run(path, repeats));
        return 0;
    }

    private static void Run(string path, int repeats)
    {
        int[] frame = Read(path);
        byte[] packed = new byte[Bslz4Encoder.MaximumLength(frame.Length)];
        packed = packed[..new Bslz4Encoder().Encode(frame, packed)];
        byte[] plain = MemoryMarshal.AsBytes<int>(frame).ToArray();
        byte[][] outputs = [.. Enumerable.Range(0, Outputs).Select(_ => (byte[])plain.Clone())];
        byte[] scratch = new byte[BitshuffleLz4.ScratchLength(packed, ElementSize, plain.Length)];
        using BitshufflePeer? peer = BitshufflePeer.Start(packed, ElementSize);

        List<(string Name, Func<byte[], (double Wall_ms, double Cpu_ms)> Decode)> contenders = [];
        foreach (BitUnshuffleKernel kernel in Enum.GetValues<BitUnshuffleKernel>().Where(BitUnshuffle.IsSupported))
        {
            contenders.Add(($"ours, {kernel}", output => Time(() =>
                BitshuffleLz4.TryDecode(kernel, packed, ElementSize, scratch, output))));
        }

        int verified = contenders.Count + 2;
        contenders.Add(("LZ4 of K4os, our best kernel", output => Time(() => DecodeByK4os(packed, scratch, output))));
        contenders.Add(("copy of the plain frame", output => Time(() => plain.CopyTo(output, 0))));
        contenders.Add(("ours, LZ4 alone, into cache", _ => Time(() => UnpackBlocks(packed, scratch, plain.Length))));
        if (peer is not null)
        {
            contenders.Add(($"bitshuffle of Debian ({peer.Kind}), native", _ => peer.Run()));
        }

        foreach ((string name, Func<byte[], (double, double)> decode) in contenders.Where((_, c) => c != verified))
        {
            outputs[0].AsSpan().Clear();
            decode(outputs[0]);
            if (!(name.StartsWith("bitshuffle", StringComparison.Ordinal) ? peer!.Plain : outputs[0]).AsSpan().SequenceEqual(plain))
            {
                throw new InvalidOperationException($"{name} gives another frame");
            }
        }

        double[][] wall_ms = [.. contenders.Select(_ => new double[repeats])];
        double[][] cpu_ms = [.. contenders.Select(_ => new double[repeats])];
        int turn = 0;
        for (int round = -WarmUp; round < repeats; round++)
        {
            for (int c = 0; c < contenders.Count; c++)
            {
                (double wall, double cpu) = contenders[c].Decode(outputs[turn++ % Outputs]);
                if (round >= 0)
                {
                    (wall_ms[c][round], cpu_ms[c][round]) = (wall, cpu);
                }
            }
        }

        Print(path, frame.Length, packed.Length, repeats, [.. contenders.Select(c => c.Name)], wall_ms, cpu_ms);
    }

    private static void Print(
        string path, int pixels, int packedBytes, int repeats, string[] names, double[][] wall_ms, double[][] cpu_ms)
    {
        foreach (double[] times in wall_ms.Concat(cpu_ms))
        {
            Array.Sort(times);
        }

        CultureInfo culture = CultureInfo.InvariantCulture;
        double best_ms = cpu_ms[^1][repeats / 2];
        Console.WriteLine(string.Create(
            culture,
            $"{Path.GetFileName(path)}: {pixels} int32 pixels, {packedBytes} bytes as bitshuffle-LZ4; {repeats} rounds of all in turn, one thread, {Outputs} outputs in rotation."));
        Console.WriteLine();
        Console.WriteLine("| decoder | best ms | median ms | 5–95 % ms | median CPU ms | frames/s (median CPU) | times faster than the last line |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- |");
        for (int c = 0; c < names.Length; c++)
        {
            double[] wall = wall_ms[c];
            double cpu = cpu_ms[c][repeats / 2];
            Console.WriteLine(string.Create(
                culture,
                $"| {names[c]} | {wall[0]:F2} | {wall[repeats / 2]:F2} | {wall[repeats / 20]:F2}–{wall[repeats * 19 / 20]:F2} | {cpu:F2} | {1000 / cpu:F0} | {best_ms / cpu:F1} |"));
        }

        Console.WriteLine();
    }

    private static int[] Read(string path)
    {
        if (!path.EndsWith(".npy", StringComparison.OrdinalIgnoreCase))
        {
            return CbfFile.Read(path).ReadPixels();
        }

        using ImageStream stream = ImageStream.Open(path);
        stream.ReadExactly(NpyImage.Magic.Length);
        return NpyImage.Read(stream, null).ToInt32();
    }

    private static (double Wall_ms, double Cpu_ms) Time(Action decode)
    {
        double cpu = ThreadClock.Now_ms;
        long start = Stopwatch.GetTimestamp();
        decode();
        return (Stopwatch.GetElapsedTime(start).TotalMilliseconds, ThreadClock.Now_ms - cpu);
    }

    /// <summary>The LZ4 stage: every block into the same scratch.</summary>
    private static void UnpackBlocks(ReadOnlySpan<byte> packed, Span<byte> scratch, int plainLength)
    {
        int blockBytes = BinaryPrimitives.ReadInt32BigEndian(packed[8..]);
        int shuffledLength = plainLength - (plainLength % (8 * ElementSize));
        ReadOnlySpan<byte> rest = packed[12..];
        for (int at = 0; at < shuffledLength; at += blockBytes)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(rest);
            if (!Lz4Block.TryDecode(rest.Slice(4, length), scratch, Math.Min(blockBytes, shuffledLength - at)))
            {
                throw new InvalidOperationException("the chunk is damaged");
            }

            rest = rest[(4 + length)..];
        }
    }

    private static void DecodeByK4os(ReadOnlySpan<byte> packed, Span<byte> scratch, Span<byte> output)
    {
        int blockBytes = BinaryPrimitives.ReadInt32BigEndian(packed[8..]);
        int tail = output.Length % (8 * ElementSize);
        ReadOnlySpan<byte> rest = packed[12..];
        for (int at = 0; at < output.Length - tail;)
        {
            int length = Math.Min(blockBytes, output.Length - tail - at);
            int packedLength = BinaryPrimitives.ReadInt32BigEndian(rest);
            Span<byte> shuffled = scratch[..length];
            if (LZ4Codec.Decode(rest.Slice(4, packedLength), shuffled) != length)
            {
                throw new InvalidOperationException("the chunk is damaged");
            }

            BitUnshuffle.Apply(shuffled, ElementSize, scratch[blockBytes..], output.Slice(at, length));
            rest = rest[(4 + packedLength)..];
            at += length;
        }

        rest.CopyTo(output[^tail..]);
    }
}
