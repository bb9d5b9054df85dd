namespace XrdCt.Live.Server.Display;

/// <summary>The newest message of one key: encoded once, its bytes shared by all clients.</summary>
/// <param name="Key"><c>scan</c>, <c>state</c>, <c>roi</c>, <c>pattern</c>, <c>sinogram/…</c>, <c>slice/…</c>.</param>
/// <param name="Version">Rises with every message of the hub; who has seen this version needs nothing.</param>
/// <param name="Bytes">MessagePack array [key, body]; never changed.</param>
internal sealed record DisplayMessage(string Key, long Version, byte[] Bytes);
