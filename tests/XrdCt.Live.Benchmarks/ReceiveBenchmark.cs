using System.Diagnostics;
using System.Globalization;
using System.Threading.Channels;
using XrdCt.Live.Ingest.Decoding;
using XrdCt.Live.Ingest.Dectris;
using XrdCt.Live.Ingest.Streams;
using XrdCt.Live.Ingest.ZeroMq;
using XrdCt.Live.Model.Frames;
using XrdCt.Live.Model.Ports;

namespace XrdCt.Live.Benchmarks;

/// <summary>
/// Times reception: a libzmq sender in another process sends full-size frames, this process receives them with either library and
/// lets them go, or decodes them. <c>receive [RATE_HZ SECONDS [MEAN_COUNTS [plain]]]</c>; prints Markdown.
/// </summary>
internal static class ReceiveBenchmark
{
    // As in a live scan: LiveGraph.Frames.
    private const int FramesEdge = 16;

    private const double BytesPerMB = 1e6;

    internal static int Run(string[] args)
    {
        double rate_Hz = args.Length > 0 ? double.Parse(args[0], CultureInfo.InvariantCulture) : 250;
        double seconds = args.Length > 1 ? double.Parse(args[1], CultureInfo.InvariantCulture) : 60;
        double mean = args.Length > 2 ? double.Parse(args[2], CultureInfo.InvariantCulture) : 10;
        bool isPlain = args is [_, _, _, "plain"];
        Console.WriteLine("| library | sink | frames/s | MB/message | missed | CPU, cores | collections | bytes allocated per frame | memory at 25 %, 100 %, MB |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        bool lostNone = true;
        foreach (bool decodes in new[] { false, true })
        {
            foreach (ZmqLibrary library in new[] { ZmqLibrary.Managed, ZmqLibrary.Native })
            {
                lostNone &= Receive(library, decodes, (rate_Hz, seconds, mean, isPlain));
            }
        }

        return lostNone ? 0 : 1;
    }

    private static bool Receive(
        ZmqLibrary library, bool decodes, (double Rate_Hz, double Seconds, double Mean, bool IsPlain) stream)
    {
        using Process sender = Sender(stream);
        string endpoint = $"tcp://127.0.0.1:{sender.StandardOutput.ReadLine()!.Split(' ')[1]}";
        using var source = new StreamSource(
            ZmqRuntime.Open(new ZmqOptions { Endpoint = endpoint, Library = library }), new Stream2Dialect(new DialectOptions()));
        Channel<RawFrame> frames = Channel.CreateBounded<RawFrame>(FramesEdge);
        Task<long>[] workers = decodes
            ? [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => Task.Factory.StartNew(() => Decode(frames.Reader), TaskCreationOptions.LongRunning))]
            : [];
        SourceEvent start = source.Receive(TimeSpan.FromMinutes(2));
        int count = start.Series!.ImageCount!.Value;
        bool[] seen = new bool[count];
        using var process = Process.GetCurrentProcess();
        double cpuBefore_s = 0;
        long allocatedBefore = 0;
        int collectionsBefore = 0;
        double quarter_MB = 0;
        int received = 0;
        long begun = 0;
        const int WarmUp = 64;
        while (source.Receive(TimeSpan.FromSeconds(20)) is { Kind: SourceEventKind.Image } image)
        {
            // The sender's numbers begin at 2²⁴, see there.
            seen[image.Frame.Header.Index - (1 << 24)] = true;
            Hand(image.Frame, decodes ? frames.Writer : null);
            received++;
            if (received == WarmUp)
            {
                cpuBefore_s = process.TotalProcessorTime.TotalSeconds;
                allocatedBefore = GC.GetTotalAllocatedBytes();
                collectionsBefore = GC.CollectionCount(0);
                begun = Stopwatch.GetTimestamp();
            }
            else if (received == count / 4)
            {
                quarter_MB = Resident_MB(process);
            }
        }

        double took_s = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        process.Refresh();
        double cpu = (process.TotalProcessorTime.TotalSeconds - cpuBefore_s) / took_s;
        long allocated = GC.GetTotalAllocatedBytes() - allocatedBefore;
        int collections = GC.CollectionCount(0) - collectionsBefore;
        double end_MB = Resident_MB(process);
        frames.Writer.Complete();
        Task.WaitAll(workers);
        long undecoded = decodes ? received - workers.Sum(w => w.Result) : 0;
        string[] sent = sender.StandardOutput.ReadLine()!.Split(' ');
        sender.WaitForExit();
        int missed = seen.Count(s => !s);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {ZmqRuntime.LibraryName(library)} | {(decodes ? $"decode, {workers.Length} workers" : "none")} | {(received - WarmUp) / took_s:F0} | {int.Parse(sent[2], CultureInfo.InvariantCulture) / BytesPerMB:F2} | {missed} of {count}{(undecoded > 0 ? $", {undecoded} undecoded" : "")} | {cpu:F2} | {collections} | {allocated / (double)(received - WarmUp):F0} | {quarter_MB:F0}, {end_MB:F0} |"));
        return missed == 0 && undecoded == 0;
    }

    private static double Resident_MB(Process process)
    {
        process.Refresh();
        return process.WorkingSet64 / BytesPerMB;
    }

    private static void Hand(RawFrame frame, ChannelWriter<RawFrame>? frames)
    {
        if (frames is null)
        {
            frame.Dispose();
            return;
        }

        while (!frames.TryWrite(frame))
        {
            frames.WaitToWriteAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    private static long Decode(ChannelReader<RawFrame> frames)
    {
        var decoder = new FrameDecoder(ImageShape.Pilatus2M);
        int[] pixels = new int[ImageShape.Pilatus2M.PixelCount];
        long decoded = 0;
        while (frames.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (frames.TryRead(out RawFrame frame))
            {
                using (frame)
                {
                    decoded += decoder.Decode(frame, pixels) == FrameOutcome.Accepted ? 1 : 0;
                }
            }
        }

        return decoded;
    }

    private static Process Sender((double Rate_Hz, double Seconds, double Mean, bool IsPlain) stream)
    {
        var start = new ProcessStartInfo("/usr/bin/python3") { RedirectStandardOutput = true };
        foreach (string argument in new[]
        {
            "-u", Path.Combine(AppContext.BaseDirectory, "send_frames.py"), stream.Rate_Hz.ToString(CultureInfo.InvariantCulture),
            stream.Seconds.ToString(CultureInfo.InvariantCulture), stream.Mean.ToString(CultureInfo.InvariantCulture),
            stream.IsPlain ? "plain" : "packed",
        })
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }
}
